import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTING_NAMES } from '@mobyclaw/lib/settings';
import { expect, test } from 'vitest';
import { envExample } from './env-example.ts';

const file = readFileSync(join(import.meta.dirname, '../.env.example'), 'utf8');

test('.env.example is what the settings say; where this fails, run npm run settings', () => {
  expect(file).toBe(envExample());
});

test('each setting stands there once, commented out, where init puts its value', () => {
  const names = [...file.matchAll(/^#(\w+)=/gm)].map(([, name]) => name);
  expect(names.toSorted()).toEqual(SETTING_NAMES.toSorted());
  expect(file.split('\n').filter((line) => !/^(#.*)?$/.test(line))).toEqual([]);
});
