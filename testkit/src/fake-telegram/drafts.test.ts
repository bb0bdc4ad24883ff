/** The fake's drafts, held to what https://core.telegram.org/bots/api#sendmessagedraft says of the real ones. */
import { expect, onTestFinished, test } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { startFakeTelegram } from './fake-telegram.ts';

const CHAT = 42;

async function setUp() {
  const clock = new ManualClock();
  const telegram = await startFakeTelegram(0, () => clock.now());
  onTestFinished(() => telegram.close());
  const call = async (method: string, payload: object): Promise<{ ok: boolean; error_code?: number }> => {
    const response = await fetch(`${telegram.url}/bot${telegram.token}/${method}`, {
      method: 'POST',
      body: JSON.stringify(payload),
    });
    return (await response.json()) as { ok: boolean; error_code?: number };
  };
  const draw = (payload: object) => call('sendMessageDraft', { chat_id: CHAT, draft_id: 1, ...payload });
  return { clock, telegram, call, draw };
}

test('a draft stands for 30 s after it was drawn last, and leaves no message', async () => {
  const { clock, telegram, draw } = await setUp();
  expect(await draw({ text: 'He' })).toEqual({ ok: true, result: true });
  clock.jump(20_000);
  await draw({ text: 'Hello' });
  clock.jump(29_000);
  expect(telegram.drafts(CHAT)).toEqual(['Hello']);
  clock.jump(1000);
  expect(telegram.drafts(CHAT)).toEqual([]);
  expect(telegram.replies(CHAT)).toEqual([]);
});

test('a message takes all drafts of its chat away; two ids are two drafts, and no text is a placeholder', async () => {
  const { telegram, call, draw } = await setUp();
  await draw({ text: 'one' });
  await draw({ text: '', draft_id: 2 });
  expect(telegram.drafts(CHAT)).toEqual(['one', 'Thinking…']);
  await call('sendMessage', { chat_id: 43, text: 'elsewhere' });
  expect(telegram.drafts(CHAT)).toHaveLength(2);
  await call('sendMessage', { chat_id: CHAT, text: 'here' });
  expect(telegram.drafts(CHAT)).toEqual([]);
});

test('groups, an id of 0 and a text that is too long are refused; a server from before does not know the method', async () => {
  const { telegram, draw } = await setUp();
  for (const wrong of [{ chat_id: -100 }, { draft_id: 0 }, { text: 'x'.repeat(4097) }]) {
    expect(await draw({ text: 'hello', ...wrong })).toMatchObject({ ok: false, error_code: 400 });
  }
  telegram.knowDrafts(false);
  expect(await draw({ text: 'hello' })).toMatchObject({ ok: false, error_code: 404 });
  expect(telegram.drafts(CHAT)).toEqual([]);
});
