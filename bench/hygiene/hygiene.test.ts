import { expect, test } from 'vitest';
import { hygiene } from './hygiene.ts';

test('ten days leave every fact once, nothing that was recalled, and no log line twice', async () => {
  const found = await hygiene(10, 7);
  expect(found).toMatchObject({ facts: 30, lines: 30, double: 0, recalled: 0, repeated: 0, lost: 0 });
  expect(found.tried).toBeGreaterThan(90);
}, 60_000);
