import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newMoby } from './moby.ts';

test('a port in use is named, with what to do', async () => {
  const moby = await newMoby();
  const other = createServer().listen(moby.port, '127.0.0.1');
  onTestFinished(() => void other.close());
  const up = await moby.cli(['up', '--local']);
  expect(up.code).toBe(1);
  expect(up.stderr).toContain(String(moby.port));
  expect(up.stderr).toContain('MOBYCLAW_PORT');
});

test('a soul.yaml that is broken from the start is named with its line', async () => {
  const moby = await newMoby();
  writeFileSync(join(moby.home, 'soul.yaml'), 'version: "7"\nagents:\n  root: [\n');
  const up = await moby.cli(['up', '--local']);
  expect(up.stderr).toMatch(/soul\.yaml.*line \d/s);
}, 300_000);

test('a damaged conversation database is named and left as it is', async () => {
  const moby = await newMoby();
  mkdirSync(join(moby.home, 'gateway'), { mode: 0o700 });
  writeFileSync(join(moby.home, 'gateway/gateway.db'), 'not a database '.repeat(500));
  const up = await moby.cli(['up', '--local']);
  expect(up.code).toBe(1);
  expect(up.stderr).toContain('gateway.db is damaged');
}, 300_000);

test('an unknown setting is an error that names it', async () => {
  const moby = await newMoby();
  const envFile = join(moby.home, 'settings.env');
  writeFileSync(envFile, 'MOBYCLAW_PROT=3000\n', { mode: 0o600 });
  const up = await moby.cli(['up', '--local'], { env: { MOBYCLAW_ENV_FILE: envFile } });
  expect(up.code).not.toBe(0);
  expect(up.stderr).toContain('MOBYCLAW_PROT');
});
