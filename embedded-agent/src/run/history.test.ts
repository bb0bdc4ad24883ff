import type { StoredMessage } from '@mobyclaw/protocol/cagent';
import { expect, it } from 'vitest';
import { NO_RESULT, toModelMessages } from './history.ts';

const user = (content: string): StoredMessage => ({ message: { role: 'user', content } });
const says = (content: string, ...calls: string[]): StoredMessage => ({
  message: {
    role: 'assistant',
    content,
    ...(calls.length > 0
      ? {
          tool_calls: calls.map((id) => ({
            id,
            type: 'function',
            function: { name: 'shell', arguments: '{"cmd":"ls"}' },
          })),
        }
      : {}),
  },
});
const result = (id: string, content: string): StoredMessage => ({
  message: { role: 'tool', tool_call_id: id, content },
});

function shape(stored: StoredMessage[], maxItems?: number): unknown[] {
  return toModelMessages(stored, maxItems).map(({ role, content }) => [
    role,
    typeof content === 'string'
      ? content
      : content.map((part) =>
          'output' in part && 'value' in part.output
            ? part.output.value
            : 'text' in part
              ? part.text
              : part.type,
        ),
  ]);
}

it('gives a result to every call that was cut off, and drops what has lost its other half', () => {
  expect(
    shape([
      user('a'),
      says('', 'c1', 'c2'),
      result('c1', 'files'),
      user('b'),
      result('c9', 'stray'),
      says(''),
      says('hi'),
    ]),
  ).toEqual([
    ['user', ['a']],
    ['assistant', ['tool-call', 'tool-call']],
    ['tool', ['files', NO_RESULT]],
    ['user', ['b']],
    ['assistant', ['hi']],
  ]);
});

it('keeps the last items and all of the user’s', () => {
  expect(shape([user('a'), says('x', 'c1'), result('c1', 'r'), user('b'), says('y')], 3)).toEqual([
    ['user', ['a']],
    ['user', ['b']],
    ['assistant', ['y']],
  ]);
});

it('shortens them beyond what soul.yaml names, and not at all where it names none', () => {
  const stored = [
    user('a'),
    says('', 'c1'),
    result('c1', 'x'.repeat(200_000)),
    says('', 'c2'),
    result('c2', 'new'),
  ];
  const first = (tokens: number): unknown =>
    JSON.stringify(toModelMessages(stored, 0, tokens)).length > 200_000;
  expect([0, 49_999, 60_000, -1].map(first)).toEqual([false, false, true, true]);
});

it('shortens old tool results beyond a budget', () => {
  const long = 'x'.repeat(100_000);
  const stored = [user('a'), says('', 'c1'), result('c1', long), says('', 'c2'), result('c2', long)];
  expect(shape(stored).filter((entry) => (entry as string[])[0] === 'tool')).toEqual([
    ['tool', ['[content truncated]']],
    ['tool', [long]],
  ]);
});
