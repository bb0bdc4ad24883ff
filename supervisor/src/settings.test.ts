import { expect, test } from 'vitest';
import { readList, readListen, readPort, requireSecret } from './settings.ts';

test('ports and addresses', () => {
  expect(readPort('P', undefined, 3000)).toBe(3000);
  expect(readPort('P', '8080', 3000)).toBe(8080);
  for (const wrong of ['0', '70000', 'abc', '-1']) expect(() => readPort('P', wrong, 1)).toThrow(/^P is "/);
  expect(readListen('L', undefined, '127.0.0.1:8080')).toEqual({ host: '127.0.0.1', port: 8080 });
  expect(readListen('L', '[::1]:9', '')).toEqual({ host: '::1', port: 9 });
  expect(() => readListen('L', '8080', '127.0.0.1:8081')).toThrow('such as 127.0.0.1:8081');
});

test('lists and secrets', () => {
  expect(readList(' Moby, gateway,,')).toEqual(['moby', 'gateway']);
  expect(readList(undefined)).toEqual([]);
  expect(() => requireSecret('T', '')).toThrow(/^T is not set/);
  expect(requireSecret('T', 'x')).toBe('x');
});
