import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import { ChannelError } from './channel-error.ts';
import { Receipts } from './receipts.ts';

function open(fail: () => ChannelError | null = () => null) {
  const clock = new ManualClock();
  const reactions: string[] = [];
  const receipts = new Receipts({
    clock,
    isDirect: (to) => to.includes(':dm:'),
    react: async (to, id) => {
      reactions.push(`${to} ${id}`);
      const error = fail();
      if (error) throw error;
    },
  });
  return { clock, reactions, receipts };
}

const refusal = (more: object) =>
  new ChannelError({ channel: 'x', method: 'react', code: '400', message: 'no', remedy: 'none', ...more });

test('what is answered at once gets none', async () => {
  const { receipts, reactions } = open();
  await receipts.seen('x:dm:1', 'a', false);
  expect(reactions).toEqual([]);
});

test('in direct messages each that waits gets one, in a group one every ten seconds', async () => {
  const { clock, receipts, reactions } = open();
  for (const id of ['a', 'b']) await receipts.seen('x:dm:1', id, true);
  for (const id of ['c', 'd']) await receipts.seen('x:group:2', id, true);
  clock.jump(10_000);
  await receipts.seen('x:group:2', 'e', true);
  expect(reactions).toEqual(['x:dm:1 a', 'x:dm:1 b', 'x:group:2 c', 'x:group:2 e']);
});

test('a chat that refuses is not asked again, one that asks for a pause gets it', async () => {
  const refusing = open(() => refusal({}));
  for (const id of ['a', 'b']) await refusing.receipts.seen('x:dm:1', id, true);
  await refusing.receipts.seen('x:dm:2', 'c', true);
  expect(refusing.reactions).toEqual(['x:dm:1 a', 'x:dm:2 c']);
  const busy = open(() => refusal({ remedy: 'retry', retryAfterMs: 3000 }));
  for (const id of ['a', 'b']) await busy.receipts.seen('x:dm:1', id, true);
  busy.clock.jump(3000);
  await busy.receipts.seen('x:dm:1', 'c', true);
  expect(busy.reactions).toEqual(['x:dm:1 a', 'x:dm:1 c']);
});
