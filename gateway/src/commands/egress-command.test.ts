/** `/egress` in a messenger: what Moby may reach, and the rules changed from there, in the owner's file. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFakeEgress } from '@mobyclaw/testkit/fake-egress';
import { expect, onTestFinished, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';
import { startMemoryServer } from '../testing/memory-server.ts';

test('it shows the rules and what was refused, and changes them', async () => {
  const memory = await startMemoryServer();
  const file = join(memory.home, 'egress.yaml');
  writeFileSync(file, 'allow: [a.com] # mine\n');
  const row = {
    id: 1,
    at: '2026-01-01T00:00:00Z',
    host: 'b.com',
    port: 443,
    verdict: 'refused',
    reason: 'no',
    bytesIn: 0,
    bytesOut: 0,
  };
  const door = await startFakeEgress([row]);
  onTestFinished(() => door.kill());
  const moby = await openHarness({ env: { ...memory.env, ...door.env } });
  const say = async (text: string): Promise<string> => {
    const body = { text };
    return (await moby.call('POST', '/api/sessions/cli:main/command', { body })).body.text;
  };
  expect(await say('/egress')).toMatch(/Mode ask:.*Allowed:\*\* .*Refused lately:\*\* `b\.com`/s);
  expect(await say('/egress allow b.com c.com:8443')).toContain('It counts at once.');
  expect(readFileSync(file, 'utf8')).toBe(
    'allow: [a.com, "b.com", { host: "c.com", ports: [8443] }] # mine\n',
  );
  expect(await say('/egress mode open')).toContain('Mode open:');
  expect(await say('/egress deny 10.0.0.1')).toMatch(/⚠️ .*addresses/);
  expect(await say('/egress mode all')).toContain('Write `/egress`');
  expect((await moby.call('GET', '/api/egress/test?url=c.com:8443')).body).toMatchObject({
    verdict: 'allow',
  });
  expect((await moby.call('GET', '/api/egress/test?url=127.1')).status).toBe(422);
  expect((await moby.call('GET', '/api/egress/log?refused=true&limit=1')).body).toEqual({
    items: [row],
    before: null,
  });
  expect(
    (await moby.call('PUT', '/api/egress', { body: { do: 'packages', on: true } })).body.rules.packages,
  ).toBe(true);
  expect((await moby.call('PUT', '/api/egress', { body: { do: 'nothing' } })).status).toBe(422);
}, 60_000);
