import type { NumberedEvent, TurnEvent } from '@mobyclaw/protocol/events';
import { expect, test } from 'vitest';
import { LiveReply, PLACE } from './live-reply.ts';

function replyAfter(events: readonly TurnEvent[], messages: ConstructorParameters<typeof LiveReply>[2] = []) {
  const reply = new LiveReply('t', { channel: 'telegram:dm:1' }, messages, true);
  for (const [index, event] of events.entries()) reply.apply({ id: index + 1, ...event } as NumberedEvent);
  return reply;
}

const started: TurnEvent = { type: 'started', data: { turn: 't', session: 's' } };
const token = (text: string): TurnEvent => ({ type: 'token', data: { text } });
const tool = (id: string, label: string, phase: 'start' | 'call' | 'end'): TurnEvent => ({
  type: 'tool',
  data: { id, name: label, label, phase },
});

test('it shows its place in the queue, and nothing where it is the first', () => {
  expect(replyAfter([{ type: 'queued', data: { turn: 't', position: 0 } }]).view()).toBe('');
  expect(replyAfter([{ type: 'queued', data: { turn: 't', position: 2 } }]).view()).toContain(
    '2 messages are ahead',
  );
});

test('it shows the text so far and the tools at work, each once, and drops those that are done', () => {
  const events = [
    started,
    token('Let me see.'),
    tool('a', 'Searching', 'start'),
    tool('b', 'Searching', 'call'),
  ];
  expect(replyAfter(events).view()).toBe('Let me see.\n\n⏳ Searching…');
  const done = [...events, tool('a', 'Searching', 'end'), tool('b', 'Searching', 'end'), token(' Found.')];
  expect(replyAfter(done).view()).toBe('Let me see. Found.');
});

test('a replacement stands for all text before it; a new attempt starts without the tools of the old', () => {
  const events = [started, token('wrong'), tool('a', 'Searching', 'call'), started];
  const again = replyAfter([...events, { type: 'replace', data: { text: 'kept ' } }, token('and more')]);
  expect(again.view()).toBe('kept and more');
});

test('a message that is there already never becomes empty', () => {
  const shown = [{ number: 0, message: '5', shown: PLACE, nonce: null, begunAt: 0 }];
  expect(replyAfter([started], shown).view()).toBe('⏳ Working on it…');
  expect(replyAfter([started]).view()).toBe('');
});
