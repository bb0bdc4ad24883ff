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
  /** Asks the API as the command line does. */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it looks for
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>;
  /** `http://127.0.0.1:<port>`. */
  readonly address: string;
}

export interface StartOptions {
  /** Instead of those of the soul.yaml that he comes with. */
  permissions?: string;
  /** Kinds of toolsets besides those. */
  toolsets?: readonly string[];
  /** Settings, over sensible ones for a test. */
  env?: Record<string, string>;
}

/** @param script what the model answers */
export async function startMoby(
  script: Script,
  { permissions, toolsets = [], env = {} }: StartOptions = {},
): Promise<MobyWithPage> {
  const model = await startFakeModel(script);
  onTestFinished(() => model.close());
  const moby = await newMoby({ OPENAI_API_KEY: 'not-a-key', ...env });
  const soul = readFileSync(SOUL, 'utf8')
    .replace('provider: anthropic', 'provider: here')
    .replace('model: claude-sonnet-4-5', 'model: test-model')
    .replace(/^( *)- type: todo$/m, (line, indent) =>
      [line, ...toolsets.map((type) => `${indent}- type: ${type}`)].join('\n'),
    )
    .replace(/^permissions:[\s\S]*$/m, (before) => permissions ?? before)
    .concat(`\nproviders:\n  here: { api_type: openai_chatcompletions, base_url: ${model.baseUrl} }\n`);
  writeFileSync(join(moby.home, 'soul.yaml'), soul);
  const up = await moby.cli(['up', '--local']);
  if (up.code !== 0) throw new Error(`up failed: ${up.stderr}`);
  const address = `http://127.0.0.1:${moby.port}`;
  const token = (): string => readFileSync(join(moby.home, 'gateway/cli-token'), 'utf8').trim();
  return {
    ...moby,
    address,
    token,
    async call(method, path, body) {
      const response = await fetch(new URL(path, address), {
        method,
        headers: { authorization: `Bearer ${token()}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? null : JSON.parse(text) };
    },
    async openPage(options, port = moby.port) {
      const opened = await visit(options);
      const { stdout } = await moby.cli(['open', '--print']);
      // Whoever was here before is not led to the first steps.
      await opened.page.addInitScript("localStorage.setItem('start', 'seen')");
      await opened.page.goto(stdout.trim().replace(`:${moby.port}/`, `:${port}/`));
      await opened.page.locator('.composer').waitFor();
      return opened;
    },
  };
}
