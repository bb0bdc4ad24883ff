import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { recordSent } from '../store/sent-record.ts';
import { Store } from '../store/store.ts';
import { sentSince } from './sent-since.ts';

const SESSION = 'telegram:dm:42';

function setUp() {
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  onTestFinished(() => store.close());
  const send = (text: string): void =>
    store.transaction('relaxed', () =>
      recordSent(store, { session: SESSION, id: text, text, sentBy: 'cron tea', at: 1 }),
    );
  const texts = (history: Parameters<typeof sentSince>[2] = []) =>
    sentSince(store, SESSION, history).messages.map(({ text }) => text);
  return { store, send, texts };
}

test('what was sent is told once, and not a second time in the history of a new agent session', () => {
  const { store, send, texts } = setUp();
  expect(sentSince(store, SESSION, [])).toEqual({ messages: [], upto: null });
  for (const text of ['one', 'two']) send(text);
  expect(texts()).toEqual(['one', 'two']);
  const history = store.messages.recent(SESSION, 1, { after: 0 });
  expect(history.map(({ text }) => text)).toEqual(['two']);
  expect(texts(history)).toEqual(['one']);

  const { upto } = sentSince(store, SESSION, history);
  store.transaction('relaxed', () => store.sessions.setTold(SESSION, upto as number));
  expect(texts()).toEqual([]);
  send('three');
  expect(texts()).toEqual(['three']);
});

test('after a long silence the newest are told', () => {
  const { send, texts } = setUp();
  for (let number = 1; number <= 12; number++) send(`n${number}`);
  expect(texts()).toEqual(Array.from({ length: 10 }, (_, index) => `n${index + 3}`));
});
