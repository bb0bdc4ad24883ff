/** The attempts from Moby's shell in local mode on Linux, behind bubblewrap. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { newMoby } from '../local/moby.ts';
import { PRELUDE } from './attempts/prelude.ts';
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

const SOUL = join(dirname(fileURLToPath(import.meta.url)), '../../agents/moby/soul.yaml');
const HOST = '127.0.0.1';

describe.skipIf(!requireTool('bwrap') || !requireTool('python3') || !requireTool('curl'))(
  'local mode',
  () => {
    let canary: Canary;
    const made = new Map<string, Outcome>();
    beforeAll(async () => {
      canary = await startCanary([HOST, '::1']);
    });
    afterAll(() => canary.close());
    // The port is known only then; the names are the same for any.
    const rows = attempts({ host: HOST, port: 1 }).filter(({ form = 'local' }) => form === 'local');

    test('they are at least sixty, and where there are no walls they get out', async () => {
      expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
      expect(rows.length).toBeGreaterThanOrEqual(60);
      const own = await startCanary([HOST, '::1']);
      onTestFinished(() => own.close());
      const work = temporaryFolder();
      const all = attempts({ host: HOST, port: own.port });
      const free = ['TCP to the canary', 'TCP by the shell itself', 'UDP to the canary', 'IPv6, loopback'];
      for (const name of [...free, 'HTTP without the proxy', "DNS: a resolver at the canary's port"]) {
        const command = all.find((one) => one.name === name)?.command;
        const { stdout } = await promisify(execFile)('bash', ['-c', `${PRELUDE}\n${command}`], { cwd: work });
        expect(stdout, name).toContain(ESCAPED);
      }
      expect(own.seen.length).toBeGreaterThanOrEqual(free.length);
    }, 60_000);

    test(
      'all are made, by his own shell in one answer, and the canary hears nothing',
      async () => {
        const model = await talkedInto(HOST);
        onTestFinished(() => model.close());
        const moby = await newMoby({
          OPENAI_API_KEY: hush('OPENAI_API_KEY'),
          MISTRAL_API_KEY: hush('MISTRAL_API_KEY'),
          MOBYCLAW_SANDBOX: 'on',
        });
        writeFileSync(
          join(moby.home, 'soul.yaml'),
          readFileSync(SOUL, 'utf8')
            .replace('provider: anthropic', 'provider: here')
            .replace('model: claude-sonnet-4-5', 'model: test-model')
            .concat(
              `\nproviders:\n  here: { api_type: openai_chatcompletions, base_url: ${model.baseUrl} }\n`,
            ),
        );
        writeFileSync(join(moby.home, 'egress.yaml'), 'mode: open\n');
        writeFileSync(
          join(moby.home, 'credentials.env'),
          `GH_TOKEN=${hush('GH_TOKEN')} # hosts: api.github.com\n`,
          { mode: 0o600 },
        );
        const all = attempts({ host: HOST, port: canary.port }).filter(
          ({ form = 'local' }) => form === 'local',
        );
        const work = join(moby.home, 'sessions/work');
        mkdirSync(work, { recursive: true, mode: 0o700 });
        expect(await moby.cli(['up', '--local'])).toMatchObject({ code: 0 });
        layOut(all, work);
        const { stdout, stderr } = await moby.cli(['run', 'Try everything.']);
        expect(stdout, stderr).toContain('all tried');
        for (const [index, outcome] of outcomes(all, work).entries())
          made.set(all[index]?.name ?? '', outcome);
        expect(canary.seen).toEqual([]);
        for (const name of ['soul.yaml', 'egress.yaml'])
          expect(readFileSync(join(moby.home, name), 'utf8'), name).not.toContain('# out');
      },
      ALL_MS,
    );

    test.each(rows)('$name ($reason)', ({ name }) => {
      expectNothingOut(made.get(name) ?? { output: '', code: null });
    });
  },
);
