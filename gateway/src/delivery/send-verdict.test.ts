import { expect, test } from 'vitest';
import { ChannelError, type ChannelErrorDetails } from '../channels/channel-error.ts';
import { judgeSend } from './send-verdict.ts';

const NOW = Date.UTC(2026, 0, 2);
const PART = { action: 'send', plain: false, tries: 0 } as const;
const DAY_MS = 86_400_000;

function failed(details: Partial<ChannelErrorDetails>) {
  const error = {
    channel: 'telegram',
    method: 'm',
    code: 'c',
    message: 'It broke.',
    remedy: 'retry',
    ...details,
  };
  return { status: 'failed', error: new ChannelError(error as ChannelErrorDetails) } as const;
}

test('a pause that the platform asks for is longer than ours', () => {
  expect(judgeSend(failed({ retryAfterMs: 90_000 }), PART, NOW, NOW)).toMatchObject({ dueAt: NOW + 90_000 });
  const first = judgeSend(failed({}), PART, NOW, NOW);
  expect(first.kind === 'again' && first.dueAt - NOW).toBeLessThanOrEqual(1000);
  const tenth = judgeSend(failed({}), { ...PART, tries: 9 }, NOW, NOW);
  expect(tenth.kind === 'again' && tenth.dueAt - NOW).toBeGreaterThanOrEqual(30_000);
});

test('times are whole milliseconds, as the database takes no others', () => {
  const verdict = judgeSend(failed({}), PART, NOW, NOW);
  expect(verdict.kind === 'again' && Number.isInteger(verdict.dueAt)).toBe(true);
});

test('what still fails after a day has failed', () => {
  expect(judgeSend(failed({}), PART, NOW - DAY_MS, NOW)).toMatchObject({ kind: 'ended', state: 'failed' });
});

test('plain text is tried once', () => {
  expect(judgeSend(failed({ remedy: 'plain' }), PART, NOW, NOW)).toMatchObject({
    kind: 'again',
    plain: true,
  });
  const again = judgeSend(failed({ remedy: 'plain' }), { ...PART, plain: true }, NOW, NOW);
  expect(again).toMatchObject({ kind: 'ended', state: 'failed' });
});

test('a message that cannot be edited any more is sent as a new one', () => {
  const verdict = judgeSend(failed({ remedy: 'send-new' }), { ...PART, action: 'edit' }, NOW, NOW);
  expect(verdict).toMatchObject({ kind: 'again', action: 'send' });
});

test('what may have arrived is not repeated, whatever the error would allow', () => {
  const { error } = failed({});
  expect(judgeSend({ status: 'unknown', error }, PART, NOW, NOW)).toMatchObject({
    kind: 'ended',
    state: 'unknown',
  });
});

test('a token that is refused keeps the message, for the connection after it', () => {
  expect(judgeSend(failed({ fatal: true, remedy: 'none' }), PART, NOW, NOW)).toMatchObject({ kind: 'again' });
});
