/** Logs are read from where a reader was: nothing twice, nothing left out, whole lines alone. */
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@mobyclaw/lib/clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { PartLogs } from './part-logs.ts';
import { RecentLines } from './recent-lines.ts';

test('in local mode the files of all parts are followed, whole lines only, also into a new file', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'memory.log');
  writeFileSync(path, 'one\ntwo\nthr');
  writeFileSync(join(folder, 'memory.log.1'), 'older\n');
  const logs = new PartLogs({ folder, own: null, clock: systemClock });
  const first = await logs.read('memory', null);
  expect(first).toMatchObject({ mode: 'local', parts: ['memory'], lines: ['one', 'two'] });
  appendFileSync(path, 'ee\nfour\n');
  const second = await logs.read('memory', first?.next ?? null);
  expect(second?.lines).toEqual(['three', 'four']);
  expect((await logs.read('memory', second?.next ?? null))?.lines).toEqual([]);
  renameSync(path, join(folder, 'memory.log.2'));
  writeFileSync(path, 'new\n');
  expect((await logs.read('memory', second?.next ?? null))?.lines).toEqual(['new']);
  expect(await logs.read('../memory', null)).toBeNull();
  expect(await logs.read('gateway', null)).toBeNull();
});

test('a long file is read from its last block, without the line that is cut by it', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'agent.log'), Array.from({ length: 20_000 }, (_, n) => `line ${n}\n`).join(''));
  const lines =
    (await new PartLogs({ folder, own: null, clock: systemClock }).read('agent', null))?.lines ?? [];
  expect(lines.at(-1)).toBe('line 19999');
  expect(lines.length).toBeLessThan(10_000);
  expect(lines[0]).toMatch(/^line \d{5}$/);
});

test('in a container the gateway shows its own log alone', async () => {
  const written: string[] = [];
  const own = new RecentLines({ write: (line) => void written.push(line) });
  const logs = new PartLogs({ folder: null, own, clock: systemClock });
  own.write('one\n');
  const first = await logs.read('gateway', null);
  expect(first).toEqual({ mode: 'containers', parts: ['gateway'], lines: ['one'], next: '1' });
  own.write('two\n');
  expect((await logs.read('gateway', '1'))?.lines).toEqual(['two']);
  expect((await logs.read('gateway', '99'))?.lines).toEqual(['one', 'two']); // of the gateway before
  expect(await logs.read('memory', null)).toBeNull();
  for (let line = 0; line < 3000; line++) own.write(`${line}\n`);
  expect((await logs.read('gateway', null))?.lines).toHaveLength(500);
  expect(written).toHaveLength(3002);
});

function follow(logs: PartLogs, part: string, after: string | null = null) {
  const told: string[] = [];
  const ids: string[] = [];
  const started = logs.read(part, after).then((first) => {
    if (!first) throw new Error(`no log of ${part}`);
    const stop = logs.follow(
      part,
      first,
      ({ lines, next }) => {
        told.push(...lines);
        ids.push(next);
      },
      () => undefined,
    );
    onTestFinished(stop);
    return stop;
  });
  return { told, ids, started };
}

test('whoever follows a log is told of each line once, over a new file too, and goes on where he was', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'memory.log');
  writeFileSync(path, 'one\n');
  const logs = new PartLogs({ folder, own: null, clock: systemClock });
  const first = follow(logs, 'memory');
  const stop = await first.started;
  for (let line = 0; line < 200; line++) appendFileSync(path, `line ${line}\n`);
  await until('the last line', async () => first.told.at(-1) === 'line 199');
  expect(first.told).toEqual(['one', ...Array.from({ length: 200 }, (_, line) => `line ${line}`)]);
  renameSync(path, join(folder, 'memory.log.1'));
  writeFileSync(path, 'new\n');
  await until('the new file', async () => first.told.at(-1) === 'new');
  stop();
  appendFileSync(path, 'missed\n');
  const second = follow(logs, 'memory', first.ids.at(-1));
  await second.started;
  expect(second.told).toEqual(['missed']);
  expect(first.told.at(-1)).toBe('new');
});

test('in a container its own log is followed', async () => {
  const own = new RecentLines({ write: () => undefined });
  const logs = new PartLogs({ folder: null, own, clock: systemClock });
  own.write('one\n');
  const { told, started } = follow(logs, 'gateway');
  const stop = await started;
  for (const line of ['two', 'three']) own.write(`${line}\n`);
  await until('all', async () => told.length === 3);
  expect(told).toEqual(['one', 'two', 'three']);
  stop();
});
