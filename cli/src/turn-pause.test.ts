import { join } from 'node:path';
import type { Clock } from '@mobyclaw/lib/clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { Context } from './context.ts';
import { type ApiServer, type SeenRequest, startApi } from './testing/api-server.ts';
import { memoryTerminal } from './testing/memory-terminal.ts';
import { withTurnsPaused } from './turn-pause.ts';

/** Pauses pass at once and move the clock on; how long an answer is waited for does not count. */
function hastyClock(): Clock {
  let now = Date.UTC(2026, 0, 1);
  return {
    now: () => now,
    after(delayMs, task) {
      if (delayMs >= 30_000) return { cancel: () => undefined };
      const timer = setImmediate(() => {
        now += delayMs;
        task();
      });
      return { cancel: () => clearImmediate(timer) };
    },
  };
}

async function world(running: (asked: number) => number) {
  const home = temporaryFolder();
  const api = await startApi(home);
  let asked = 0;
  const until = '2026-01-01T00:00:00.000Z';
  api.on('POST /api/pause', () => ({ body: { running: running(asked++), until } }));
  api.on('DELETE /api/pause', { status: 204 });
  const terminal = Object.assign(memoryTerminal(false), {
    env: { MOBYCLAW_HOME: home, MOBYCLAW_PORT: String(api.port), MOBYCLAW_ENV_FILE: '/dev/null' },
  });
  const context = new Context({ terminal, checkout: home, version: '0.1.0', clock: hastyClock() });
  return { api, context, terminal };
}

const calls = (api: ApiServer): string[] => api.seen.map(({ method }: SeenRequest) => method);

test('answers under way are waited for, said so once, and turns begin again at the end', async () => {
  const { api, context, terminal } = await world((asked) => Math.max(0, 3 - asked));
  let before: string[] = [];
  const done = await withTurnsPaused(context, async () => {
    before = calls(api);
    return 'done';
  });
  expect(done).toBe('done');
  expect(before).toEqual(['POST', 'POST', 'POST', 'POST']);
  expect(calls(api).at(-1)).toBe('DELETE');
  expect(terminal.err).toBe(
    'Waiting up to 60 s for 3 answers that are under way; new messages are kept until after that…\n',
  );
  expect(api.seen[0]?.body).toEqual({ seconds: 20 });
});

test('one that does not end is waited for a minute and no longer; the pause ends though the work fails', async () => {
  const { api, context, terminal } = await world(() => 1);
  const began = context.clock.now();
  await expect(withTurnsPaused(context, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(context.clock.now() - began).toBeGreaterThan(60_000);
  expect(context.clock.now() - began).toBeLessThan(70_000);
  expect(terminal.err).toContain('Still under way; going on.');
  expect(calls(api).at(-1)).toBe('DELETE');
});

test('the pause is kept up while the work takes long', async () => {
  const { api, context } = await world(() => 0);
  await withTurnsPaused(context, async () => {
    const before = api.seen.length;
    while (api.seen.length < before + 3) await new Promise((resolve) => setImmediate(resolve));
  });
  expect(calls(api).at(-1)).toBe('DELETE');
});

test('a gateway of an earlier version, or none, is gone on without', async () => {
  const old = await world(() => 0);
  const api = await startApi(join(old.context.data.root));
  const context = new Context({
    terminal: Object.assign(memoryTerminal(false), {
      env: { ...old.terminal.env, MOBYCLAW_PORT: String(api.port) },
    }),
    checkout: old.context.checkout,
    version: '0.1.0',
  });
  expect(await withTurnsPaused(context, () => Promise.resolve(1))).toBe(1);
  expect(calls(api)).toEqual(['POST']); // a 404
  await api.close();
  expect(await withTurnsPaused(context, () => Promise.resolve(2))).toBe(2);
});
