/** The product in local mode with a scripted model, and its page in a browser that was let in. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Script, startFakeModel } from '@mobyclaw/testkit/fake-model';
import type { BrowserContextOptions } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { type Moby, newMoby } from '../local/moby.ts';
import { type Visit, visit } from './browser.ts';

const SOUL = join(dirname(fileURLToPath(import.meta.url)), '../../agents/moby/soul.yaml');

export interface MobyWithPage extends Moby {
  /** Opens the page by a code, as `./mobyclaw open` does. */
  openPage(options?: BrowserContextOptions, port?: number): Promise<Visit>;
  /** Of the command line. */
  token(): string;
  /** `http://127.0.0.1:<port>`. */
  readonly address: string;
}

/** @param script what the model answers @param permissions instead of those of the soul.yaml that he comes with */
export async function startMoby(script: Script, permissions?: string): Promise<MobyWithPage> {
  const model = await startFakeModel(script);
  onTestFinished(() => model.close());
  const moby = await newMoby({ OPENAI_API_KEY: 'not-a-key' });
  const soul = readFileSync(SOUL, 'utf8')
    .replace('provider: anthropic', 'provider: here')
    .replace('model: claude-sonnet-4-5', 'model: test-model')
    .replace(/^permissions:[\s\S]*$/m, (before) => permissions ?? before)
    .concat(`\nproviders:\n  here: { api_type: openai_chatcompletions, base_url: ${model.baseUrl} }\n`);
  writeFileSync(join(moby.home, 'soul.yaml'), soul);
  const up = await moby.cli(['up', '--local']);
  if (up.code !== 0) throw new Error(`up failed: ${up.stderr}`);
  const address = `http://127.0.0.1:${moby.port}`;
  return {
    ...moby,
    address,
    token: () => readFileSync(join(moby.home, 'gateway/cli-token'), 'utf8').trim(),
    async openPage(options, port = moby.port) {
      const opened = await visit(options);
      const { stdout } = await moby.cli(['open', '--print']);
      await opened.page.goto(stdout.trim().replace(`:${moby.port}/`, `:${port}/`));
      await opened.page.locator('.composer').waitFor();
      return opened;
    },
  };
}
