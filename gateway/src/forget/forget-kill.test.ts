/** The gateway is killed while it forgets, as a process: in each step it goes on at the next start, to the last byte. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { forgottenListSchema } from '@mobyclaw/protocol/forget';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from '../store/store.ts';
import { CANARY, holding, SPELLINGS } from '../testing/canary.ts';
import { startMemoryServer } from '../testing/memory-server.ts';
import { gatewayProcess } from '../testing/question-world.ts';

const LONG_MS = 60_000;
const MESSAGES = 4000; // so many that the database takes a while

test('killed in every step of it, it goes on at the next start', { timeout: 240_000 }, async () => {
  const { home, env } = await startMemoryServer();
  appendFileSync(join(home, 'MEMORY.md'), `\n- He has a ${CANARY}.\n- He has a cat.\n`);
  mkdirSync(join(home, 'gateway'), { recursive: true });
  const store = new Store(join(home, 'gateway/gateway.db'), { timeZone: 'UTC' });
  store.transaction('durable', () => {
    for (let at = 1; at <= MESSAGES; at++)
      store.messages.insert({ session: 'cli:old', turn: 't', role: 'user', text: `${at}: ${CANARY}`, at });
  });
  store.close();
  const agent = await startFakeAgent();
  onTestFinished(() => agent.close());
  const { moby, gateway, started } = await gatewayProcess(agent, env, home);
  await moby.ask(`My ${CANARY} sings`, { session: 'cli:main' });
  const states = (): string[] => {
    const path = join(home, 'gateway/forgotten.json');
    if (!existsSync(path)) return [];
    return forgottenListSchema
      .parse(JSON.parse(readFileSync(path, 'utf8')))
      .forgotten.map(({ state }) => state);
  };
  const left = (): number => {
    using db = new DatabaseSync(join(home, 'gateway/gateway.db'), { readOnly: true, timeout: 5000 });
    return Number(db.prepare("SELECT count(*) AS n FROM messages WHERE text <> '(forgotten)'").get()?.n);
  };
  const steps = [
    () => states().length > 0,
    () => !readFileSync(join(home, 'MEMORY.md'), 'utf8').includes(CANARY),
    () => left() < MESSAGES,
    () => left() < MESSAGES / 2,
  ];
  expect((await moby.call('POST', '/api/forget', { body: { phrase: CANARY } })).status).toBe(202);
  let cut = 0;
  for (const step of steps) {
    await until('a step of it to be done', step, LONG_MS);
    await gateway.kill();
    if (states()[0] === 'due') cut++;
    gateway.start();
  }
  await started();
  await until('it to be done', () => states()[0] === 'done', LONG_MS);
  expect(cut).toBeGreaterThan(1);
  expect(holding(home, SPELLINGS)).toEqual([]);
  expect(readFileSync(join(home, 'MEMORY.md'), 'utf8')).toContain('He has a cat.');
  expect((await moby.ask('And now?', { session: 'cli:main' })).body.text).toBe('You said: And now?');
});
