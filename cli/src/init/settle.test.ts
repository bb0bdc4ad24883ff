/** What `up` does with a `.env` of an earlier version. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { PART_SECRETS } from '@mobyclaw/lib/settings';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { settleSettings } from './settle.ts';

interface Settled {
  text: string;
  settings: NodeJS.Dict<string>;
  forgotten: number;
  again(): Promise<string>;
}

async function settle(before: string): Promise<Settled> {
  const folder = temporaryFolder();
  const file = join(folder, 'settings.env');
  mkdirSync(join(folder, 'moby'));
  writeFileSync(file, `MOBYCLAW_HOME=${join(folder, 'moby')}\n${before}`);
  let forgotten = 0;
  const context = {
    checkout: folder,
    terminal: {
      env: { MOBYCLAW_ENV_FILE: file, HOME: folder },
      stderr: { write: () => true, isTTY: false },
    },
    forgetSettings: () => forgotten++,
  } as unknown as Context;
  const run = async (): Promise<string> => {
    await settleSettings(context, { rootless: false });
    return readFileSync(file, 'utf8');
  };
  const text = await run();
  return { text, settings: parseEnv(text), forgotten, again: run };
}

const OF_7F4006E = `# mine
MOBYCLAW_MCP_TOKEN=the-token-that-was-there
MOBYCLAW_AGENT_TOKEN=the-other-that-was-there
MOBYCLAW_UID=${process.getuid?.() ?? 1000}
MOBYCLAW_GID=${process.getgid?.() ?? 1000}
TELEGRAM_BOT_TOKEN=1:a
`;

test('secrets that a later version needs are added, once; all the rest stays as it was', async () => {
  const { text, settings, forgotten, again } = await settle(OF_7F4006E);
  expect(text).toContain(OF_7F4006E.slice(0, OF_7F4006E.indexOf('MOBYCLAW_UID')));
  expect(settings.MOBYCLAW_AGENT).toBeUndefined(); // an agent that was left to its default is not another one now
  for (const name of PART_SECRETS.slice(2)) expect(settings[name]).toMatch(/^(sk-moby-)?[\w-]{43}$/);
  expect(new Set(PART_SECRETS.map((name) => settings[name])).size).toBe(PART_SECRETS.length);
  expect(forgotten).toBe(1);
  expect(await again()).toBe(text);
});
