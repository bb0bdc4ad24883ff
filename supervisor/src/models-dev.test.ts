import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { modelsDevFiles, provideModelsDev, wantsModelsDevOffline } from './models-dev.ts';

test('gives the engine a catalogue that it will not refresh, and keeps one that is there', async () => {
  const env = { HOME: temporaryFolder() };
  const [first = '', second = ''] = modelsDevFiles(env);
  expect(first).toBe(join(env.HOME, '.cagent/models_dev.json'));
  mkdirSync(dirname(second), { recursive: true });
  writeFileSync(second, 'the owner has one');
  expect(await provideModelsDev(env)).toEqual([first]);
  expect(new Date(JSON.parse(readFileSync(first, 'utf8')).last_refresh).getFullYear()).toBeGreaterThan(2100);
  expect(readFileSync(second, 'utf8')).toBe('the owner has one');
  expect(await provideModelsDev(env)).toEqual([]);
});

test('only when the setting says so, and a setting that means nothing is refused', () => {
  expect(wantsModelsDevOffline(undefined)).toBe(false);
  expect(wantsModelsDevOffline('online')).toBe(false);
  expect(wantsModelsDevOffline('offline')).toBe(true);
  expect(() => wantsModelsDevOffline('no')).toThrow(/write online or offline/);
});

test('a home that cannot be written is named', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  await expect(provideModelsDev({ HOME: file })).rejects.toThrow(
    /MOBYCLAW_MODELS_DEV=offline needs .*\.cagent/,
  );
});
