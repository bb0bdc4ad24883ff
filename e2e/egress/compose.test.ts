/** The attempts from Moby's shell in his container. */
import { chownSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SETTING_NAMES, SETTINGS } from '@mobyclaw/lib/settings';
import type { FakeModel } from '@mobyclaw/testkit/fake-model';
import { requireDocker } from '@mobyclaw/testkit/require-docker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bridgeAddress, useStack } from '../compose/stack.ts';
import { attempts } from './attempts.ts';
import { type Canary, ESCAPED, startCanary } from './canary.ts';
import {
  ALL_MS,
  expectNothingOut,
  hush,
  layOut,
  type Outcome,
  outcomes,
  talkedInto,
} from './try-attempts.ts';

/** What the test wrote is his, as if he had. */
function giveTo(uid: number, folder: string): void {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const path of [folder, ...entries.map((entry) => join(folder, entry))]) chownSync(path, uid, uid);
}

describe.skipIf(!requireDocker())('in containers', () => {
  let host = '';
  let canary: Canary;
  let model: FakeModel;
  const made = new Map<string, Outcome>();
  const ofStack = SETTING_NAMES.filter((name) => /^MOBYCLAW_/.test(name) && SETTINGS[name].secret);
  const stack = useStack(async () => {
    host = await bridgeAddress();
    model = await talkedInto(host);
    const secrets = [...ofStack, 'OPENAI_API_KEY'].map((name) => [name, hush(name)] as const);
    return {
      env: Object.fromEntries(secrets),
      credentials: `GH_TOKEN=${hush('GH_TOKEN')} # hosts: api.github.com\n`,
      egress: 'mode: open\n',
      soul: (text) =>
        text
          .replace('provider: anthropic', 'provider: here')
          .replace('model: claude-sonnet-4-5', 'model: test-model')
          .concat(`\nproviders:\n  here: { api_type: openai_chatcompletions, base_url: ${model.baseUrl} }\n`),
    };
  });
  beforeAll(async () => {
    canary = await startCanary([host, '127.0.0.1']);
  });
  afterAll(async () => {
    canary?.close();
    await model?.close();
  });
  const rows = attempts({ host: '172.17.0.1', port: 1 });

  test('the canary is in reach of a container that has a way out', async () => {
    const own = await startCanary([host]);
    const heard = await stack().node(
      'gateway',
      `console.log(await (await fetch('http://${host}:${own.port}/')).text())`,
    );
    own.close();
    expect(heard).toBe(ESCAPED);
    expect(own.seen.length).toBeGreaterThan(0);
  });

  test(
    'all are made, by his own shell in one answer, and the canary hears nothing',
    async () => {
      const all = attempts({ host, port: canary.port });
      const work = join(stack().home, 'sessions/work');
      mkdirSync(work, { recursive: true });
      layOut(all, work);
      giveTo(statSync(stack().home).uid, work);
      expect(await stack().prompt('Try everything.')).toContain('all tried');
      for (const [index, outcome] of outcomes(all, work).entries()) made.set(all[index]?.name ?? '', outcome);
      expect(canary.seen).toEqual([]);
      for (const name of ['soul.yaml', 'egress.yaml'])
        expect(readFileSync(join(stack().home, name), 'utf8'), name).not.toContain('# out');
    },
    ALL_MS,
  );

  test.each(rows)('$name ($reason)', ({ name }) => {
    expectNothingOut(made.get(name) ?? { output: '', code: null });
  });
});
