import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from './store.ts';

test('the turns of guests are counted by chat and day, and days that are over are forgotten', () => {
  const path = join(temporaryFolder(), 'gateway.db');
  const store = new Store(path);
  onTestFinished(() => store.close());
  const { jobRuns } = store;
  const counts = (day: string) => ['a', 'b'].map((chat) => jobRuns.guestTurns(chat, day));
  for (const [chat, day] of [
    ['a', '2026-10-01'],
    ['a', '2026-10-01'],
    ['b', '2026-10-01'],
    ['a', '2026-10-02'],
    ['a', '2026-10-02'],
  ] as const)
    store.transaction('relaxed', () => jobRuns.countGuestTurn(chat, day));
  expect(counts('2026-10-02')).toEqual([2, 0]);
  expect(counts('2026-10-01')).toEqual([0, 0]);
  using file = new DatabaseSync(path, { readOnly: true });
  expect(file.prepare('SELECT count(*) AS kept FROM guest_turns').get()).toEqual({ kept: 1 });
});
