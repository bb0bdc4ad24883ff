/** Words that answer a question, below the platforms: where there may be doubt about which, when, and how often. */
import { join } from 'node:path';
import { silentLogger } from '@mobyclaw/lib/logger';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import type { IncomingMessage } from '../channels/channel.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { Questions } from '../questions/questions.ts';
import { Store } from '../store/store.ts';
import { askerOf } from '../turns/capabilities.ts';
import { TypedAnswers } from './typed-answers.ts';

const CHAT = 'telegram:dm:42';

function setUp() {
  const clock = new ManualClock(Date.parse('2026-11-21T12:00:00Z'));
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const questions = new Questions({
    store,
    clock,
    logger: silentLogger,
    metrics: { questionSettled: () => undefined } as unknown as Metrics,
    timeZone: 'UTC',
    timeoutMs: () => 600_000,
    askerOf,
    emit: () => undefined,
    ruleFor: () => null,
    onRuleDue: () => undefined,
  });
  const answers = new TypedAnswers({ store, questions, channel: () => null, clock });
  /** A question whose message `m` was shown now. @returns its id */
  const shown = (message = 'm', more: { tries?: number; state?: 'sent' | 'pending' } = {}): string => {
    const turn = uuidv7();
    store.turns.insert({
      id: turn,
      session: CHAT,
      source: 'telegram',
      sender: 'Alice',
      prompt: 'p',
      attachments: [],
      queueMode: null,
      createdAt: clock.now(),
    });
    const row = store.turns.find(turn);
    if (!row) throw new Error('the turn is not there');
    const wanted = { kind: 'tool', callId: 'c', tool: 'shell', args: { cmd: message } } as const;
    void questions.ask(row, 1, wanted, new AbortController().signal);
    const id = store.questions.ofTurn(turn)[0]?.id ?? '';
    const delivery = { id: uuidv7(), channel: CHAT, replyTo: null, turn: null, question: id, buttonKey: 'k' };
    store.outbox.insert({ ...delivery, kind: 'question', text: 'x', createdAt: clock.now() });
    const seq = store.outbox.find(delivery.id)?.seq ?? 0;
    const part = {
      part: { text: 'x', plain: 'x' },
      nonce: 'n',
      dueAt: 0,
      action: 'send',
      message: null,
    } as const;
    store.outbox.split(seq, [{ ...part, number: 0, state: 'pending' }]);
    const [only] = store.outbox.parts(seq);
    if (!only) throw new Error('the part is not there');
    for (let tries = 0; tries < (more.tries ?? 1); tries++) store.outbox.sending(only, clock.now());
    if (more.state === 'pending') store.outbox.again(only, { dueAt: 0, error: 'x' });
    else store.outbox.sent(only, message);
    return id;
  };
  let count = 0;
  const written = (text: string, more: Partial<IncomingMessage> = {}, agoMs = 0) => {
    const message: IncomingMessage = {
      type: 'message',
      account: '1',
      channel: CHAT,
      kind: 'direct',
      messageId: `w${++count}`,
      sender: { id: '42', name: 'Alice', bot: false },
      sentAt: clock.now() - agoMs,
      text,
      addressed: true,
      files: [],
      ...more,
    };
    const seq = store.arrivals.insert(`k${count}`, CHAT, JSON.stringify(message), clock.now() - agoMs) ?? 0;
    return { seq, message };
  };
  const take = (seq: number, role: 'owner' | 'guest' = 'owner') => {
    const row = store.arrivals.open(seq);
    if (!row) throw new Error('the arrival is not there');
    const message = JSON.parse(row.event) as IncomingMessage;
    return answers.take({ row, message, platform: 'telegram', role });
  };
  return { clock, store, questions, shown, written, take };
}

test('after a crash between the answer and the end of its message, the message is no message all the same', async () => {
  const { questions, shown, written, take } = setUp();
  const id = shown();
  const { seq } = written('yes');
  expect(await take(seq)).toBe('');
  expect(questions.find(id)?.answer).toMatchObject({
    option: 'once',
    door: 'telegram',
    by: 'Alice',
    chat: CHAT,
  });
  expect(await take(seq)).toBe(''); // as the next process does
});

test('somebody else was first meanwhile: that is said', async () => {
  const { questions, shown, written, take, store } = setUp();
  const id = shown();
  const { seq, message } = written('yes');
  store.arrivals.change(seq, JSON.stringify({ ...message, answers: id })); // noted, then killed
  questions.answer(id, { option: 'no' }, { door: 'cli', by: 'cli' });
  expect(await take(seq)).toContain('decided already. Refused by cli');
});

test('what was written before the question was there answers nothing', async () => {
  const { questions, shown, written, take } = setUp();
  const early = written('yes', {}, 1000);
  const id = shown();
  expect(await take(early.seq)).toBeNull();
  const old = written('yes', { sentAt: Date.parse('2026-11-21T11:00:00Z') }); // it waited at the platform
  expect(await take(old.seq)).toBeNull();
  expect(questions.find(id)?.state).toBe('open');
});

test('words of a guest, forwarded words and words with a file answer nothing', async () => {
  const { questions, shown, written, take } = setUp();
  const id = shown();
  expect(await take(written('yes').seq, 'guest')).toBeNull();
  expect(await take(written('yes', { forwardedFrom: 'somebody' }).seq)).toBeNull();
  const file = { kind: 'image', name: 'x', mime: 'image/png', bytes: 1, ref: 'r' } as const;
  expect(await take(written('yes', { files: [file] }).seq)).toBeNull();
  expect(questions.find(id)?.state).toBe('open');
});

test('with two open, plain words ask which; a reply says which, also when that one is settled', async () => {
  const { questions, shown, written, take } = setUp();
  const [first, second] = [shown('m1'), shown('m2')];
  expect(await take(written('yes').seq)).toContain('More than one question waits');
  expect(await take(written('what is new?').seq)).toBeNull();
  const to = (messageId: string) => ({ replyTo: { messageId, fromMoby: true, sender: 'Moby', text: '' } });
  expect(await take(written('no', to('m1')).seq)).toBe('');
  expect(questions.find(first)?.answer?.option).toBe('no');
  expect(await take(written('yes', to('m1')).seq)).toContain('decided already');
  expect(await take(written('why?', to('m1')).seq)).toBeNull();
  expect(questions.find(second)?.state).toBe('open');
  expect(await take(written('yes').seq)).toBe('');
  expect(questions.find(second)?.state).toBe('answered');
});

test('a yes that answers another message, or that people of a group say to each other, allows nothing', async () => {
  const { questions, shown, written, take } = setUp();
  const id = shown('m');
  const replyTo = { messageId: 'shall I order pizza?', fromMoby: true, sender: 'Moby', text: '' };
  expect(await take(written('yes', { replyTo }).seq)).toBeNull();
  const elsewhere = { fromMoby: false, sender: 'Bob', text: 'in another chat' };
  expect(await take(written('yes', { replyTo: elsewhere }).seq)).toBeNull();
  const aside = { kind: 'group', addressed: false } as const;
  expect(await take(written('yes', aside).seq)).toContain('reply to it');
  expect(await take(written('what is new?', aside).seq)).toBeNull();
  expect(questions.find(id)?.state).toBe('open');
  expect(await take(written('yes', { kind: 'group' }).seq)).toBe('');
});

test('once Moby has said something else, a plain yes may mean that, and a reply is asked for', async () => {
  const { clock, store, questions, shown, written, take } = setUp();
  const id = shown('m');
  const said = (kind: 'notice' | 'message'): void => {
    const delivery = { id: uuidv7(), channel: CHAT, replyTo: null, turn: null, text: 'Shall I?' };
    store.outbox.insert({ ...delivery, kind, createdAt: clock.now() });
    store.outbox.split(store.outbox.find(delivery.id)?.seq ?? 0, []);
  };
  said('message');
  expect(await take(written('yes').seq)).toContain('something else here since my question');
  expect(await take(written('what is new?').seq)).toBeNull();
  expect(questions.find(id)?.state).toBe('open');
  const replyTo = { messageId: 'm', fromMoby: true, sender: 'Moby', text: '' };
  expect(await take(written('yes', { replyTo }).seq)).toBe('');
  const next = shown('m2');
  said('notice');
  expect(await take(written('yes').seq)).toBe('');
  expect(questions.find(next)?.state).toBe('answered');
});

test('while it is not known whether the question is there, a yes waits a moment and is then asked for again', async () => {
  const { clock, questions, shown, written, take } = setUp();
  const id = shown('m', { tries: 2, state: 'pending' });
  const answer = take(written('yes').seq);
  for (let waited = 0; waited < 100; waited++) await clock.advance(50);
  expect(await answer).toContain('please answer it once more');
  expect(questions.find(id)?.state).toBe('open');
});

test('a supergroup counts its messages anew: the message that asked cannot be changed or pressed by its number', () => {
  const { store, shown } = setUp();
  const id = shown('7');
  const to = 'telegram:dm:43';
  store.transaction('durable', () => store.names.rename({ from: CHAT, to, newMessages: true, at: 1 }));
  const asking = store.questionMessages.asking(id);
  expect(asking?.channel).toBe(to);
  expect(store.outbox.parts(asking?.seq ?? 0).map(({ message }) => message)).toEqual([null]);
  expect(store.questionMessages.askedBy(to, '7')).toBeNull();
});
