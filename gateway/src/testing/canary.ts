/** A phrase that is easy to find wherever it stands, and hard to find for whoever looks for its bytes alone. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Forgetting } from '@mobyclaw/protocol/forget';
import { until } from '@mobyclaw/testkit/until';
import { expect } from 'vitest';
import type { Harness } from './harness.ts';

export const CANARY = 'Kanarienvögel Größe';
export const SPELLINGS = [
  'kanarienvögel größe',
  'kanarienvo\u0308gel',
  'kanarienv\\u00f6gel',
  'kanarienv%c3%b6gel',
  'kanarienvogel',
];

/** Files in whose bytes a spelling stands, in any case, as UTF-8 or UTF-16, as base64 or in an index. */
export function holding(home: string, spellings: readonly string[]): string[] {
  const base64 = Buffer.from(CANARY).toString('base64').slice(0, 16);
  return readdirSync(home, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    if (!entry.isFile()) return [];
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    const texts = [bytes.toString('utf8'), bytes.toString('utf16le')].map((text) => text.toLowerCase());
    const found = spellings.some((spelling) => texts.some((text) => text.includes(spelling)));
    return found || bytes.includes(base64) ? [path.slice(home.length + 1)] : [];
  });
}

export async function forget(moby: Harness, wish: object): Promise<Forgetting> {
  const { status, body } = await moby.call('POST', '/api/forget', { body: wish });
  expect(status).toBe(202);
  return await until(
    'it to be forgotten',
    async () => {
      const view = (await moby.call('GET', `/api/forget/${body.id}`)).body as Forgetting;
      return view.state === 'due' ? null : view;
    },
    60_000,
  );
}
