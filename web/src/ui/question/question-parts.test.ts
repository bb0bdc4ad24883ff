import type { Question } from '@mobyclaw/protocol/question';
import { expect, test } from 'vitest';
import { t } from '../../texts.ts';
import { isAllowed, partsOf } from './question-parts.ts';

const BASE: Question = {
  id: 'q',
  kind: 'tool',
  state: 'open',
  turn: 't',
  session: 'web:main',
  asker: 'owner',
  source: 'web',
  title: 'Moby wants to use shell.',
  text: 'as the gateway words it',
  details: {},
  options: [],
  input: null,
  fallback: 'no',
  askedAt: '2026-01-01T00:00:00Z',
  expiresAt: '2026-01-01T00:10:00Z',
  chat: null,
  answer: null,
};

test('arguments are there whole: a command as one, long texts as they are, the rest as JSON', () => {
  const long = `first line\n${'x'.repeat(5000)}`;
  const args = { cmd: 'ls -l', cwd: '/tmp', input: long };
  const { foreign, said } = partsOf({
    ...BASE,
    details: { tool: 'shell', args, again: '**May have run.**' },
  });
  expect(foreign.map(({ text }) => text)).toEqual(['ls -l', '{\n  "cwd": "/tmp"\n}', long]);
  expect(foreign.every(({ code }) => code)).toBe(true);
  expect(said).toBe('**May have run.**');
});

test('a name that the model made up can hide nothing in the caption', () => {
  const { foreign } = partsOf({ ...BASE, details: { tool: 'x', args: { 'a\u202Eb': 'y'.repeat(99) } } });
  expect(foreign[0]?.caption).toContain('a\\u{202E}b');
  const odd = partsOf({ ...BASE, details: { tool: 'sh\u0435ll', args: 'ls' } });
  expect(odd.said).toBe(t.questions.oddName);
});

test('a tool without arguments says so, and a rule that *Always* would write is named', () => {
  const { said, foreign } = partsOf({ ...BASE, details: { tool: 'x', args: {}, rule: 'shell:cmd=ls`' } });
  expect(foreign).toEqual([]);
  expect(said).toBe(`${t.questions.noArguments}\n\n${t.questions.always('`shell:cmd=ls `')}`);
});

test('what is not understood is shown as the gateway words it', () => {
  for (const details of [{}, { tool: 7 }]) expect(partsOf({ ...BASE, details }).said).toBe(BASE.text);
  for (const form of [null, 'x', { field: 1 }])
    expect(partsOf({ ...BASE, kind: 'form', details: { form } }).said).toBe(BASE.text);
});

test('a field of a form: what the tool says apart, a list to choose from, a hint of how it looks', () => {
  const field = { title: 'Size', description: 'How large', required: false };
  const wants = { type: 'choices', choices: [{ value: 's', title: 'Small' }, { value: 'm' }] };
  const form = (more: object) => ({ message: 'Order', form: { field: { ...field, ...more } } });
  const asked = { ...BASE, kind: 'form', input: { type: 'text' } } as const;
  expect(partsOf({ ...asked, details: form({ wants }) })).toMatchObject({
    said: t.questions.optional,
    field: 'Size',
    choices: { titles: ['Small', 'm'], several: true },
    hint: null,
    foreign: [{ text: 'Order' }, { text: 'How large' }],
  });
  const number = { ...asked, input: { type: 'integer', minimum: 1, maximum: 9 } } as const;
  expect(partsOf({ ...number, details: form({ wants: { type: 'integer' } }) }).hint).toBe(
    'A whole number, 1 at the least, 9 at the most.',
  );
  const secret = { ...asked, input: { type: 'text', secret: true } } as const;
  expect(partsOf({ ...secret, details: form({ wants: { type: 'text' } }) }).hint).toBe(t.questions.secret);
});

test('only an answer that lets something through counts as one', () => {
  const answer = { door: 'cli', by: 'the owner', at: BASE.askedAt } as const;
  expect(isAllowed({ ...BASE, state: 'answered', answer: { ...answer, option: 'once' } })).toBe(true);
  expect(isAllowed({ ...BASE, state: 'answered', answer: { ...answer, value: 'x' } })).toBe(true);
  expect(isAllowed({ ...BASE, state: 'answered', answer: { ...answer, option: 'no' } })).toBe(false);
  expect(isAllowed({ ...BASE, state: 'expired' })).toBe(false);
});
