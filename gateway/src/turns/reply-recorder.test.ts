/** What the end of a turn puts into the outbox, and what the conversation that it lands in remembers of it. */
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from '../store/store.ts';
import type { NewTurn, TurnRow } from '../store/turn-store.ts';
import type { Ending } from './ending.ts';
import { ReplyRecorder } from './reply-recorder.ts';

const CHAT = 'telegram:dm:1';
const error = { code: 'cancelled', message: 'Stopped, as you asked.', retryable: false };
const done = (text: string): Ending => ({ state: 'done', text, usage: null });
const stopped = (partial: string): Ending => ({ state: 'cancelled', partial, usage: null, error });

function setUp() {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const turn = (id: string, more: Partial<NewTurn> = {}): TurnRow => {
    const said = {
      source: 'telegram',
      sender: 'owner',
      prompt: 'p',
      attachments: [],
      queueMode: null,
      createdAt: 0,
    };
    store.turns.insert({ id, session: CHAT, ...said, deliverTo: { channel: CHAT, replyTo: '7' }, ...more });
    return store.turns.find(id) as TurnRow;
  };
  const showLive = ({ id }: TurnRow, channel = CHAT): void =>
    store.outbox.setLive(id, channel, { number: 0, message: 'm', shown: 's', nonce: null, begunAt: 0 });
  const replies = new ReplyRecorder(store);
  const record = (one: TurnRow, ending: Ending, merged: TurnRow[] = []): void =>
    store.transaction('durable', () => replies.record(one, merged, ending, 5));
  const out = (channel = CHAT): string[] => {
    const texts: string[] = [];
    for (let head = store.outbox.head(channel); head; head = store.outbox.head(channel)) {
      texts.push(head.text);
      store.outbox.done(head.seq, 5);
    }
    return texts;
  };
  const heard = (session: string): string[] => store.messages.recent(session, 10).map(({ text }) => text);
  return { turn, showLive, replies, record, out, heard };
}

test('an answer goes to the chat that asked, and to nobody where nobody waits for it', () => {
  const { turn, record, out } = setUp();
  record(turn('asked'), done('the answer'));
  record(turn('by API', { session: 'api:a', deliverTo: null }), done('for a client that streams'));
  expect(out()).toEqual(['the answer']);
});

test('an empty answer is said to be one; a failure is told with what was said before it', () => {
  const { turn, record, out } = setUp();
  record(turn('empty'), done(' \n'));
  record(turn('failed'), {
    state: 'failed',
    partial: 'Half',
    usage: null,
    error: { ...error, message: 'It broke.' },
  });
  expect(out()).toEqual([expect.stringMatching(/empty answer/), 'Half\n\n⚠️ It broke.']);
});

test('what was stopped is told only where something of it was seen', () => {
  const { turn, showLive, record, out } = setUp();
  record(turn('never seen'), stopped(''));
  expect(out()).toEqual([]);
  const seen = turn('seen');
  showLive(seen);
  record(seen, stopped(''));
  record(turn('half said'), stopped('Half'));
  expect(out()).toEqual(['⏹ Stopped, as you asked.', 'Half\n\n⏹ Stopped, as you asked.']);
});

test('what merged turns showed is taken back, and is no message to anybody', () => {
  const { turn, showLive, record, out, heard } = setUp();
  const [first, shown, unseen] = [turn('first'), turn('shown', { session: 'cron:1' }), turn('unseen')];
  showLive(shown);
  record(first, done('one answer for all'), [shown, unseen]);
  expect(out()).toEqual(['one answer for all', '']);
  expect(heard(CHAT)).toEqual([]);
});

test('an answer that lands in another conversation is remembered there', () => {
  const { turn, replies, record, out, heard } = setUp();
  const woken: string[] = [];
  replies.onRecorded = (channel) => woken.push(channel);
  const scheduled = turn('scheduled', { session: 'cron:1' });
  const toTerminal = turn('to the terminal', { session: 'cron:1', deliverTo: { channel: 'cli:main' } });
  record(scheduled, done('Drink.'));
  record(toTerminal, done('Read.'));
  replies.recorded([scheduled, toTerminal]);
  expect([heard(CHAT), heard('cli:main')]).toEqual([['Drink.'], ['Read.']]);
  expect(out()).toEqual(['Drink.']);
  expect(out('cli:main')).toEqual([]); // read from its history
  expect(woken).toEqual([CHAT]);
});
