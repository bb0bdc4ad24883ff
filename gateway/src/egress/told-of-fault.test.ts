/** An egress.yaml with a fault is told to the owner once for each, also over a restart of the gateway. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { type Harness, openHarness } from '../testing/harness.ts';
import { startMemoryServer } from '../testing/memory-server.ts';

async function told(moby: Harness): Promise<string[]> {
  const { body } = await moby.call('GET', '/api/sessions/web%3Amain/messages');
  const items = (body.items ?? []) as { text?: string }[];
  return items.flatMap(({ text = '' }) => (text.includes('egress.yaml') ? [text] : []));
}

test('once of each fault, with its line, and not again after a restart', async () => {
  const memory = await startMemoryServer();
  const env = { ...memory.env, MOBYCLAW_OWNER_CHANNEL: 'web:main' };
  const moby = await openHarness({ env });
  const file = join(memory.home, 'egress.yaml');
  writeFileSync(file, 'mode: ask\nallow: 7\n');
  await until('the first fault', async () => (await told(moby)).length === 1);
  expect((await told(moby))[0]).toMatch(/egress\.yaml, line 2: .*stays so until you mend it/);
  await moby.close();
  const again = await openHarness({ env, home: moby.home });
  writeFileSync(file, 'mode: no such\n');
  await until('the second fault', async () => (await told(again)).length === 2);
}, 60_000);
