/** run/local.json: what is there is read, what cannot be is no reason not to start, and what is gone may be removed. */
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalState } from '@mobyclaw/protocol/local-state';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { LocalParts } from './local-parts.ts';
import { LocalStateFile } from './local-state-file.ts';

function inRun() {
  const home = temporaryFolder();
  mkdirSync(join(home, 'run'));
  return { home, path: join(home, 'run/local.json'), file: new LocalStateFile(home) };
}

function someState(): LocalState {
  const parts = new LocalParts(() => undefined);
  return {
    pid: process.pid,
    version: '1',
    port: 4711,
    startedAt: '2026-01-02T03:04:05.000Z',
    state: parts.state,
    parts: parts.all,
  };
}

test('what was written is read, private to the owner, with nothing left beside it', () => {
  const { home, path, file } = inRun();
  file.write(someState());
  file.write({ ...someState(), port: 4712 });
  expect(file.read()).toEqual({ ...someState(), port: 4712 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(home, 'run'))).toEqual(['local.json']);
});

test('where there is none nothing is read, and removing it twice is as once', () => {
  const { file } = inRun();
  expect(file.read()).toBeNull();
  file.write(someState());
  file.remove();
  file.remove();
  expect(file.read()).toBeNull();
});

test.each(['', '{', 'null', '{"pid":"seven"}'])('%j is of another version, so nothing is known', (text) => {
  const { path, file } = inRun();
  writeFileSync(path, text);
  expect(file.read()).toBeNull();
});

test('what is there and cannot be read is told, since processes may be running that it names', () => {
  const { path, file } = inRun();
  mkdirSync(path);
  expect(() => file.read()).toThrow(/EISDIR/);
});

test('the whole is ready when all parts are, and its problem is that of the first part which has one', () => {
  let changes = 0;
  const parts = new LocalParts(() => changes++);
  const report = (problem?: string) => ({
    state: 'restarting' as const,
    pid: null,
    restarts: 1,
    ...(problem === undefined ? {} : { problem }),
  });
  expect([parts.state, parts.problem]).toEqual(['starting', undefined]);
  parts.set('gateway', report('The agent is not there.'));
  expect([parts.state, parts.problem]).toEqual(['degraded', 'The agent is not there.']);
  parts.set('workspace', report('ripgrep is missing.'));
  parts.set('memory', report());
  expect(parts.problem).toBe('ripgrep is missing.');
  for (const name of ['memory', 'workspace', 'egress', 'agent', 'gateway'] as const) {
    expect(parts.state).not.toBe('ready');
    parts.set(name, { state: 'ready', pid: process.pid, restarts: 0 });
  }
  expect([parts.state, parts.problem]).toEqual(['ready', undefined]);
  expect(changes).toBe(8);
});
