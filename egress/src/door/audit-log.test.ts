import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type DoorRow, doorRowSchema } from '@mobyclaw/protocol/egress';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { AuditLog } from './audit-log.ts';

function log(folder = temporaryFolder(), clock = new ManualClock()) {
  const told: DoorRow[] = [];
  const audit = new AuditLog(folder, clock, (row) => told.push(row));
  onTestFinished(() => audit.close());
  return { folder, clock, told, audit };
}

const allowed = { host: 'a.test', port: 443, verdict: 'allowed', reason: 'rule', turn: 't1' } as const;
const refused = { host: 'b.test', port: 443, verdict: 'refused', reason: 'denied' } as const;

test('what is let through is on disk before it ends, and told with its bytes when it has', () => {
  const { folder, told, audit } = log();
  const open = audit.open(allowed);
  expect(log(folder).audit.rows()).toMatchObject([{ ...allowed, bytesIn: 0 }]);
  expect(told).toEqual([]);
  open.close(10, 20);
  expect(told).toEqual([{ ...allowed, id: 1, at: '2026-01-01T00:00:00.000Z', bytesIn: 10, bytesOut: 20 }]);
  expect(doorRowSchema.parse(told[0])).toEqual(told[0]);
  expect(statSync(join(folder, 'audit.db')).mode & 0o777).toBe(0o600);
});

test('the same refusal within a minute is one row that counts', async () => {
  const { clock, told, audit } = log();
  for (let times = 0; times < 50; times++) audit.refused(refused);
  audit.refused({ ...refused, turn: 't1' });
  audit.refused({ ...refused, host: 'c.test' });
  await clock.advance(60_000);
  audit.refused(refused);
  expect(audit.rows().map(({ host, turn, times }) => [host, turn, times])).toEqual([
    ['b.test', undefined, undefined],
    ['c.test', undefined, undefined],
    ['b.test', 't1', undefined],
    ['b.test', undefined, 50],
  ]);
  expect(told).toHaveLength(53);
});

test('rows are found by host, verdict and turn, in pages', () => {
  const { audit } = log();
  for (let number = 0; number < 5; number++) audit.open(allowed).close(number, 0);
  audit.refused(refused);
  expect(audit.rows({ host: 'b.test' })).toHaveLength(1);
  expect(audit.rows({ verdict: 'allowed' })).toHaveLength(5);
  expect(audit.rows({ turn: 't1', limit: 2 }).map(({ id }) => id)).toEqual([5, 4]);
  expect(audit.rows({ turn: 't1', limit: 2, before: 4 }).map(({ id }) => id)).toEqual([3, 2]);
});

test('old rows go', async () => {
  const { folder, clock, audit } = log();
  audit.open(allowed);
  await clock.advance(91 * 86_400_000);
  for (let number = 0; number < 1_000; number++) audit.open({ ...allowed, host: `n${number}.test` });
  expect(audit.rows({ host: 'a.test' })).toEqual([]);
  expect(log(folder, clock).audit.rows({ limit: 2_000 })).toHaveLength(1_000);
});

test('a connection that outlives the log breaks nothing', () => {
  const folder = temporaryFolder();
  const audit = new AuditLog(folder, new ManualClock(), () => undefined);
  const open = audit.open(allowed);
  audit.close();
  open.close(1, 1);
  expect(log(folder).audit.rows()).toHaveLength(1);
});
