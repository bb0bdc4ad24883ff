import { expect, test } from 'vitest';
import { requireDocker } from './require-docker.ts';

test('without Docker: skipped outside CI, an error in it', () => {
  expect(requireDocker({ PATH: '/nonexistent' })).toBe(false);
  expect(() => requireDocker({ PATH: '/nonexistent', CI: 'true' })).toThrow(
    /need Docker with Compose v2: there is no docker/,
  );
});
