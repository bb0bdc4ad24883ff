import { join } from 'node:path';
import { silentLogger } from '@mobyclaw/lib/logger';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import type { Channel, SendResult } from '../channels/channel.ts';
import { ChannelError } from '../channels/channel-error.ts';
import { createRenderer } from '../render/create-renderer.ts';
import { Store } from '../store/store.ts';
import { Delivery } from './delivery.ts';

const WINDOW_MS = 120_000;
const CHAT = 'discord:dm:1';

/** A platform that knows a repeat by its nonce for two minutes, as Discord does. */
function platform(answer: () => SendResult) {
  const sent: string[] = [];
  const channel = {
    abilities: {
      text: { max: 2000, unit: 'utf16' },
      editEveryMs: null,
      buttons: true,
      typingMs: null,
      sendRepeatableMs: WINDOW_MS,
      fileBytes: 1_000_000,
      deafAfterMs: 45_000,
    },
    send: async (_to: string, part: { text: string }) => {
      sent.push(part.text);
      return answer();
    },
  } as unknown as Channel;
  return { channel, sent };
}

async function deliveryOn(store: Store, channel: Channel, clock: ManualClock): Promise<Delivery> {
  const renderer = await createRenderer('discord');
  return new Delivery({
    timeZone: 'UTC',
    store,
    channel: () => channel,
    report: () => undefined,
    rendererOf: () => renderer,
    follow: () => null,
    defaultQueueMode: 'followup',
    clock,
    logger: silentLogger,
  });
}

function inDoubt(retryAfterMs: number): SendResult {
  const error = new ChannelError({
    channel: 'discord',
    method: 'send',
    code: 'timeout',
    message: 'no answer in time',
    remedy: 'retry',
    retryAfterMs,
  });
  return { status: 'failed', error };
}

test('a send in doubt is not repeated after a restart, once the platform no longer knows it', async () => {
  const clock = new ManualClock();
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  const first = platform(() => inDoubt(WINDOW_MS + 1000));
  const before = await deliveryOn(store, first.channel, clock);
  before.start();
  before.put({ channel: CHAT, text: 'pay the bill' });
  await until('the send', () => first.sent.length > 0);
  await before.drain(0);

  clock.jump(WINDOW_MS + 5000);
  const second = platform(() => ({ status: 'sent', ids: ['9'] }));
  const after = await deliveryOn(store, second.channel, clock);
  after.start();
  await clock.advance(WINDOW_MS);
  expect(second.sent).not.toContain('pay the bill');
  expect(store.outbox.undelivered(CHAT)).toHaveLength(1);
});

test('within that time it is repeated: the platform shows it once', async () => {
  const clock = new ManualClock();
  const store = new Store(join(temporaryFolder(), 'gateway.db'));
  const first = platform(() => inDoubt(1000));
  const before = await deliveryOn(store, first.channel, clock);
  before.start();
  before.put({ channel: CHAT, text: 'pay the bill' });
  await until('the send', () => first.sent.length > 0);
  await before.drain(0);

  const second = platform(() => ({ status: 'sent', ids: ['9'] }));
  const after = await deliveryOn(store, second.channel, clock);
  after.start();
  await until('the repeat', () => clock.advance(5000).then(() => second.sent.length > 0));
  await clock.advance(60_000);
  expect(second.sent).toEqual(['pay the bill']);
});
