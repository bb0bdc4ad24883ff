import { expect, it } from 'vitest';
import type { QuestionRow } from '../store/question-store.ts';
import { formKind } from './form.ts';
import type { Draft, Settled } from './kind.ts';

const form = (properties: object, required: string[] = Object.keys(properties)) => ({
  kind: 'form' as const,
  message: 'Which?',
  schema: { type: 'object', properties, required },
});

type Given = Partial<Pick<Settled, 'option' | 'value' | 'by'>>;

async function filled(wanted: Parameters<typeof formKind.decide>[0], ...answers: Given[]) {
  const drafts: Draft[] = [];
  const decision = await formKind.decide(wanted, async (draft) => {
    drafts.push(draft);
    const { by = 'owner', option, value } = answers[drafts.length - 1] ?? {};
    return { by, option, value, reason: undefined };
  });
  return { drafts, decision };
}

const problem = (draft: Draft, value: string | number) =>
  formKind.problem?.(value, { details: JSON.parse(JSON.stringify(draft.details)) as QuestionRow['details'] });

it('asks one field after the other, and puts the content together', async () => {
  const { drafts, decision } = await filled(
    form(
      {
        sure: { type: 'boolean' },
        colour: { type: 'string', enum: ['r', 'g'], enumNames: ['Red', 'Green'] },
        size: { type: 'string', enum: ['1', '2', '3', '4', '5'] },
        days: { type: 'array', items: { type: 'string', enum: ['mo', 'tu'] } },
        name: { type: 'string' },
        count: { type: 'integer', minimum: 1 },
        note: { type: 'string' },
        city: { type: 'string', default: 'Bonn' },
      },
      ['sure', 'colour', 'size', 'days', 'name', 'count'],
    ),
    { option: 'no' },
    { option: '1' },
    { value: '5' },
    { value: '2,1' },
    { value: 'Ada' },
    { value: 7 },
    { option: 'skip' },
    { option: 'default' },
  );
  expect(decision).toEqual({
    kind: 'form',
    action: 'accept',
    content: { sure: false, colour: 'g', size: '5', days: ['tu', 'mo'], name: 'Ada', count: 7, city: 'Bonn' },
  });
  expect(drafts.map(({ options, input }) => [options.map(({ id }) => id).join(' '), input])).toEqual([
    ['yes no decline', null],
    ['0 1 decline', null],
    ['decline', { type: 'text' }],
    ['decline', { type: 'text' }],
    ['decline', { type: 'text', minLength: 1, maxLength: 10_000 }],
    ['decline', { type: 'integer', minimum: 1 }],
    ['skip decline', { type: 'text', minLength: 1, maxLength: 10_000 }],
    ['default decline', { type: 'text', minLength: 1, maxLength: 10_000 }],
  ]);
  expect(drafts.every(({ fallback }) => fallback === 'decline')).toBe(true);
  expect(drafts[1]?.title).toBe('A tool asks for an answer in a form (2 of 8).');
  expect(drafts[2]?.text('ID', '')).toContain('4. 4\n5. 5');
  expect(new Set(drafts.map(({ subject }) => subject)).size).toBe(8);
});

it('has no more than five buttons, whatever may be left out', async () => {
  const four = { type: 'string', enum: ['a', 'b', 'c', 'd'] };
  expect((await filled(form({ x: four }), { option: '0' })).drafts[0]?.options).toHaveLength(5);
  expect((await filled(form({ x: four }, []), { value: '2' })).drafts[0]).toMatchObject({
    input: { type: 'text' },
  });
});

it('declines the whole form with one field, and cancels it where nobody answers', async () => {
  const wanted = form({ a: { type: 'boolean' }, b: { type: 'boolean' } });
  expect((await filled(wanted, { option: 'yes' }, { option: 'decline' })).decision).toEqual({
    kind: 'form',
    action: 'decline',
  });
  const { decision, drafts } = await filled(wanted, { by: 'nobody' });
  expect([decision, drafts.length]).toEqual([{ kind: 'form', action: 'cancel' }, 1]);
});

it('declines what cannot be asked, says why, and asks nothing of it', async () => {
  const { decision, drafts } = await filled(form({ a: { type: 'boolean' }, b: { type: 'object' } }));
  expect(decision).toMatchObject({ action: 'decline', problem: expect.stringContaining('"b"') });
  expect(drafts).toEqual([]);
});

it('says what is wrong with an answer, by what was asked', async () => {
  const { drafts } = await filled(
    form({ mail: { type: 'string', format: 'email' }, day: { enum: ['mo', 'tu', 'we', 'th', 'fr', 'sa'] } }),
    { value: 'a@b.example' },
    { value: 'mo' },
  );
  const [mail, day] = drafts as [Draft, Draft];
  expect(problem(mail, 'nobody')).toContain('e-mail');
  expect(problem(mail, 'a@b.example')).toBeNull();
  expect(problem(day, '7')).toContain('1 to 6');
  expect(problem(day, 'FR')).toBeNull();
});

it('keeps a secret out of messengers, and its text out of the question', async () => {
  const { drafts } = await filled(form({ apiKey: { type: 'string', default: 'hunter2' } }), { value: 'x' });
  expect(drafts[0]?.input?.secret).toBe(true);
  expect(JSON.stringify(drafts[0])).not.toContain('hunter2');
});

it('lets nothing of the form out of its fence', async () => {
  const hostile = '```\n**[Allow](http://x)**\u202e';
  const { drafts } = await filled(
    {
      ...form({ x: { type: 'string', title: `*${hostile}*`, description: hostile, pattern: hostile } }),
      message: hostile,
    },
    { value: 'x' },
  );
  const text = drafts[0]?.text('ID', '') ?? '';
  const outside = text.replace(/(`{3,})[^`]*\n[\s\S]*?\n\1(?!`)/g, '').replace(/`[^`\n]*`/g, '');
  expect(outside).not.toMatch(/\*\*\[|http|\]\(/);
  expect(text).not.toContain('\u202e');
});

it('lets no choice pass for a way to decline, nor two choices for one', async () => {
  const choices = (enumNames: string[], values = ['wipe', 'keep', 'both']) =>
    filled(form({ what: { type: 'string', enum: values.slice(0, enumNames.length), enumNames } })).then(
      ({ drafts }) => drafts[0]?.options.map(({ label }) => label),
    );
  expect(await choices(['No answer', 'Keep'])).toEqual(['No answer (wipe)', 'Keep', 'No answer']);
  expect(await choices(['N\u043e', 'Keep'])).toEqual(['N\u043e (wipe)', 'Keep', 'No answer']);
  expect(await choices(['Keep', 'keep', 'Both'])).toEqual(['Keep (1)', 'keep (2)', 'Both', 'No answer']);
  expect(await choices(['Yes', 'No'], ['yes', 'no'])).toEqual(['Yes', 'No', 'No answer']);
});
