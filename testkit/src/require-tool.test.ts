import { expect, test } from 'vitest';
import { requireTool } from './require-tool.ts';

test('a program that is there is found', () => {
  expect(requireTool('sh')).toBe(true);
});

test('a missing one skips outside CI and fails in it', () => {
  const PATH = process.env.PATH ?? '';
  expect(requireTool('no-such-program', { PATH })).toBe(false);
  expect(requireTool('no-such-program', { PATH, CI: 'false' })).toBe(false);
  expect(() => requireTool('no-such-program', { PATH, CI: 'true' })).toThrow(/need no-such-program/);
});
