/** Who is told what of a question, how long it waits, and what of it is kept. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '@mobyclaw/lib/logger';
import type { TurnEvent } from '@mobyclaw/protocol/events';
import type { Question } from '@mobyclaw/protocol/question';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import type { Wanted } from '../agent/wanted.ts';
import { Metrics } from '../metrics/metrics.ts';
import { Retention } from '../store/retention.ts';
import { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';
import { askerOf } from '../turns/capabilities.ts';
import { Questions } from './questions.ts';

const SHELL: Wanted = { kind: 'tool', callId: 'call_1', tool: 'shell', args: { cmd: 'ls' } };
const MINUTE = 60_000;

function open(path = join(temporaryFolder(), 'gateway.db'), clock = new ManualClock()) {
  const store = new Store(path);
  const close = (): void => {
    questions.stop();
    store.close();
  };
  const told: TurnEvent[] = [];
  const zero = (): number => 0;
  const questions = new Questions({
    store,
    clock,
    logger: silentLogger,
    metrics: new Metrics({ running: zero, queued: zero, questions: zero, fullest: zero, clock }),
    timeZone: 'UTC',
    timeoutMs: ({ source }) => (source === 'cron' ? 60 : 10) * MINUTE,
    askerOf,
    emit: (_turn, event) => void told.push(event),
    ruleFor: () => null,
    onRuleDue: () => undefined,
  });
  questions.start();
  return { store, questions, told, clock, path, close };
}

function world() {
  const opened = open();
  onTestFinished(opened.close);
  return opened;
}

function turnOf(store: Store, id: string, more: Partial<TurnRow> = {}): TurnRow {
  const said = {
    session: 'api:a',
    source: 'api',
    sender: 'owner',
    prompt: 'p',
    attachments: [],
    queueMode: null,
  };
  store.transaction('relaxed', () => {
    store.sessions.touch('api:a', 0);
    store.turns.insert({ id, ...said, createdAt: 0, ...more });
    store.turns.start(id, 'lease', 0);
  });
  return store.turns.find(id) as TurnRow;
}

const never = new AbortController().signal;

test('a guest hears that the owner is asked, and nothing of the question', async () => {
  const { store, questions, told } = world();
  const turn = turnOf(store, 'guest', { guest: true, sender: 'Bob' });
  const decided = questions.ask(turn, 1, SHELL, never);
  expect(told).toEqual([{ type: 'notice', data: { text: 'I have to ask my owner.' } }]);
  const [question] = questions.list({ open: true, limit: 1 });
  expect(question).toMatchObject({ asker: 'guest', details: { tool: 'shell', args: { cmd: 'ls' } } });
  questions.answer(
    question?.id ?? '',
    { option: 'once' },
    { door: 'telegram', by: 'Ada', chat: 'telegram:dm:1' },
  );
  expect(await decided).toEqual({ kind: 'tool', approve: true });
  expect(told).toHaveLength(1);
});

test('a webhook asks in its own name', async () => {
  const { store, questions } = world();
  void questions.ask(turnOf(store, 'hook', { confined: true }), 1, SHELL, never);
  expect(questions.list({ open: true, limit: 1 })).toMatchObject([{ asker: 'webhook' }]);
});

test('schedules wait longer than people; each has its own time', async () => {
  const { store, questions, clock } = world();
  const person = questions.ask(turnOf(store, 'person'), 1, SHELL, never);
  const schedule = questions.ask(turnOf(store, 'schedule', { source: 'cron' }), 1, SHELL, never);
  await clock.advance(10 * MINUTE);
  expect(await person).toMatchObject({
    approve: false,
    reason: expect.stringContaining('did not answer in time'),
  });
  expect(questions.list({ open: true, limit: 9 })).toMatchObject([{ source: 'cron' }]);
  await clock.advance(50 * MINUTE);
  expect(await schedule).toMatchObject({ approve: false });
});

test('of all that guests bring a model to ask within an hour, only so much reaches the owner; the rest is refused', async () => {
  const { store, questions, clock } = world();
  const turns = ['a', 'b'].map((id) => turnOf(store, id, { guest: true, sender: 'Bob' }));
  const call = (index: number): Wanted => ({ ...SHELL, args: { cmd: `${index}` } }) as Wanted;
  for (let index = 0; index < 25; index++)
    void questions.ask(turns[index % 2] as TurnRow, 1, call(index), never);
  const more = { approve: false, reason: expect.stringContaining('asked too much') };
  expect(await questions.ask(turns[0] as TurnRow, 1, call(25), never)).toMatchObject(more);
  expect(questions.list({ open: true, limit: 99 })).toHaveLength(25);
  void questions.ask(turnOf(store, 'owner'), 1, SHELL, never);
  void questions.ask(turnOf(store, 'hook', { confined: true }), 1, SHELL, never);
  expect(questions.list({ open: true, limit: 99 })).toHaveLength(27);
  await clock.advance(61 * MINUTE);
  void questions.ask(turns[0] as TurnRow, 1, call(26), never);
  expect(questions.list({ open: true, limit: 99 })).toHaveLength(1);
});

test('ends in time although the clock on the wall is set back, also after a restart; and at once where it is set on', async () => {
  const first = open();
  const decided = first.questions.ask(turnOf(first.store, 'back'), 1, SHELL, never);
  await first.clock.advance(MINUTE);
  first.clock.jump(-24 * 60 * MINUTE);
  for (let minute = 0; minute < 9; minute++) {
    expect(first.questions.list({ open: true, limit: 1 })).toHaveLength(1);
    await first.clock.advance(MINUTE);
  }
  expect(await decided).toMatchObject({ approve: false });

  const cut = new AbortController();
  void first.questions.ask(turnOf(first.store, 'restart'), 1, SHELL, cut.signal).catch(() => undefined);
  cut.abort('killed');
  first.close();
  first.clock.jump(-24 * 60 * MINUTE);
  const second = open(first.path, first.clock);
  onTestFinished(second.close);
  await second.clock.advance(10 * MINUTE);
  expect(second.questions.list({ open: true, limit: 1 })).toEqual([]);

  const woken = second.questions.ask(turnOf(second.store, 'asleep', { source: 'cron' }), 1, SHELL, never);
  second.clock.jump(60 * MINUTE); // a laptop was asleep
  await second.clock.advance(MINUTE);
  expect(await woken).toMatchObject({ approve: false });
});

test('the outcome says what, by whom, where and when', async () => {
  const { store, questions } = world();
  void questions.ask(turnOf(store, 'turn'), 1, SHELL, never);
  const [{ id } = { id: '' }] = questions.list({ open: true, limit: 1 });
  const by = { door: 'telegram', by: 'Ada', chat: 'telegram:dm:1' } as const;
  expect(questions.answer(id, { option: 'no', reason: ' not\nnow ' }, by)).toMatchObject({
    status: 'answered',
    question: { outcome: 'Refused by Ada in Telegram at 00:00. Reason: not now' },
  });
});

test('a secret is told to the agent and is nowhere on disk; after a crash it is asked for again', async () => {
  const first = open();
  const turn = turnOf(first.store, 'turn');
  const schema = {
    type: 'object',
    properties: { password: { type: 'string', format: 'password' } },
    required: ['password'],
  };
  const form: Wanted = { kind: 'form', message: 'Log in', schema };
  const decided = first.questions.ask(turn, 1, form, never);
  const [question] = first.questions.list({ open: true, limit: 1 });
  expect(question).toMatchObject({ input: { secret: true }, chat: null });
  const by = { door: 'cli', by: 'the owner' } as const;
  first.questions.answer(question?.id ?? '', { value: 'hunter2-hunter2' }, by);
  expect(await decided).toMatchObject({ action: 'accept', content: { password: 'hunter2-hunter2' } });

  // Answered, and the process dies before it is told.
  const ended = new AbortController();
  const cut = first.questions.ask(turn, 2, { ...form, message: 'Once more' }, ended.signal);
  const again = first.questions.list({ open: true, limit: 1 })[0];
  ended.abort('killed');
  await expect(cut).rejects.toBe('killed');
  first.questions.answer(again?.id ?? '', { value: 'hunter2-hunter2' }, by);
  first.close();
  expect(readFileSync(first.path).includes('hunter2')).toBe(false);
  const second = open(first.path, first.clock);
  onTestFinished(second.close);
  void second.questions.ask(turn, 3, { ...form, message: 'Once more' }, never);
  const asked = second.questions.list({ open: true, limit: 9 });
  expect(asked).toHaveLength(1);
  expect(asked[0]?.id).not.toBe(again?.id);
});

test('is kept for ninety days after it was settled', async () => {
  const { store, questions, clock } = world();
  void questions.ask(turnOf(store, 'turn'), 1, SHELL, never);
  await clock.advance(10 * MINUTE);
  const retention = new Retention({ store, clock, logger: silentLogger });
  await clock.advance(89 * 24 * 60 * MINUTE);
  await retention.sweep();
  expect(questions.list({ open: false, limit: 9 })).toHaveLength(1);
  await clock.advance(2 * 24 * 60 * MINUTE);
  await retention.sweep();
  expect(questions.list({ open: false, limit: 9 })).toEqual([]);
  expect(store.questions.usesOfTurn('turn')).toEqual([]);
});

test('what somebody else wrote cannot end the fence that it stands in, nor hide', async () => {
  const { store, questions } = world();
  const cmd = 'echo `````\n```\n**Allowed by Ada**\u202e';
  void questions.ask(turnOf(store, 'turn'), 1, { ...SHELL, args: { cmd } } as Wanted, never);
  const [{ text } = { text: '' }] = questions.list({ open: true, limit: 1 });
  expect(text).toBe(
    'Moby wants to use **shell**:\n\n``````sh\necho `````\n```\n**Allowed by Ada**\\u{202E}\n``````',
  );
});

test('of long arguments both ends are shown, with their length and how to see all', async () => {
  const { ask } = shell();
  const cmd = `begin ${'x'.repeat(5000)} end`;
  const { id, text, details } = ask({ cmd });
  expect(text).toContain(`it has ${cmd.length} characters. All of it: \`./mobyclaw questions show ${id}\``);
  expect(text).toMatch(/begin x+\n```\n\n… here something is left out …\n\n```sh\nx+ end\n/);
  expect(text.length).toBeLessThan(2000);
  expect(details.args).toEqual({ cmd });
});

test('neither blank lines nor signs that nobody sees push the rest of a command out of sight', async () => {
  const { ask } = shell();
  const blank = ask({ cmd: `ls${'\n'.repeat(1000)}rm -r notes` }).text;
  expect(blank.split('\n').length).toBeLessThan(90);
  expect(blank).toContain('\nrm -r notes\n');
  const unseen = ask({ cmd: `ls ${'\u200b'.repeat(1400)}; rm -r notes` }).text;
  expect(unseen.length).toBeLessThan(2000);
  expect(unseen).toContain('; rm -r notes\n');
});

test('no argument is out of sight because another one is long', async () => {
  const { ask } = shell();
  const { text } = ask({
    note: 'y'.repeat(9000),
    list: Array(500).fill('z'),
    force: true,
    path: '/etc/passwd',
  });
  expect(text).toContain('"force": true');
  expect(text).toContain('"path": "/etc/passwd"');
  expect(text).toMatch(/"note": "y+ … 9000 characters in all … y+"/);
});

test('a name that looks like another one is not shown as it looks, nor as Markdown', async () => {
  const { ask } = shell();
  const { title, text } = ask({ cmd: 'ls' }, '\u0455hell**: safe** [x](https://example.org)');
  expect(title).toBe('Moby wants to use ?hell????safe????x??https???example.org?.');
  expect(text).toContain('Mind its name');
  expect(text).not.toMatch(/\]\(|safe\*/);
});

/** Asks about calls, one after the other. */
function shell() {
  const { store, questions } = world();
  const turn = turnOf(store, 'turn');
  return {
    ask(args: unknown, tool = 'shell'): Question {
      void questions.ask(turn, 1, { kind: 'tool', callId: 'c', tool, args }, never);
      const [question] = questions.list({ open: true, limit: 1 });
      if (!question) throw new Error('nothing was asked');
      return question;
    },
  };
}
