import { expect, test } from 'vitest';
import { MOST_YAML_CHARS, readYaml, yamlMap } from './yaml-text.ts';

test('60,000 keys are read in a moment, and the one that comes twice is found with its place', () => {
  const keys = Array.from({ length: 60_000 }, (_, index) => `key${index}: 1\n`).join('');
  const began = process.cpuUsage();
  expect(yamlMap(keys)).toHaveProperty('key59999', 1);
  const { errors } = readYaml(`${keys}key7: 2\n`);
  // The comparison of each key with all others took 54 s.
  expect(process.cpuUsage(began).user / 1e6).toBeLessThan(10);
  expect(errors.map(({ code, pos }) => [code, pos[0]])).toEqual([['DUPLICATE_KEY', keys.length]]);
});

test('keys are unique within their own map, merges included', () => {
  expect(readYaml('a: {x: 1}\nb: {x: 1}\n').errors).toEqual([]);
  expect(readYaml('a: &a {x: 1}\nb: {<<: *a, x: 2}\n', { merge: true }).toJS()).toMatchObject({
    b: { x: 2 },
  });
  expect(readYaml('a: {x: 1, x: 2}\n').errors[0]).toMatchObject({ pos: [10, 11] });
});

test('what is longer than any person writes is refused and not read', () => {
  expect(readYaml(`a: ${'x'.repeat(MOST_YAML_CHARS)}`).errors[0]?.message).toContain('longer than');
  expect(yamlMap('- a')).toBeNull();
});
