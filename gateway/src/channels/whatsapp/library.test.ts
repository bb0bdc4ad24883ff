import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { whatsAppLibrary } from '../../testing/whatsapp-library.ts';
import { loadBaileys, packageFolder } from './library.ts';

const library = await whatsAppLibrary();

test('the package is found from the sources and from a bundle, and not where there is none', () => {
  const folder = packageFolder();
  expect(folder).toMatch(/gateway\/optional\/whatsapp$/);
  const root = join(folder ?? '', '../../..');
  expect(packageFolder(join(root, 'dist/chunks'))).toBe(folder);
  expect(packageFolder('/')).toBeNull();
});

describe.skipIf(library === null)('the console', () => {
  test('what libsignal prints, keys included, is dropped, and nothing else', async () => {
    const printed = vi.fn();
    const { console } = globalThis;
    const before = console.info;
    onTestFinished(() => {
      console.info = before;
    });
    console.info = printed;
    vi.resetModules(); // as in a process that has just started
    await (await import('./library.ts')).loadBaileys();
    const require = createRequire(join(packageFolder() ?? '', 'package.json'));
    const { prototype } = require('libsignal/src/session_record.js') as {
      prototype: { closeSession(session: object): void };
    };
    prototype.closeSession({ indexInfo: { closed: -1 }, secret: 'key' });
    expect(printed).not.toHaveBeenCalled();
    console.info('mine');
    expect(printed).toHaveBeenCalledWith('mine');
    expect(loadBaileys).toBeTypeOf('function');
  });
});
