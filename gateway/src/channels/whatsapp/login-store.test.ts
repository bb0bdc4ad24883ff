import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { describe, expect, onTestFinished, test } from 'vitest';
import { whatsAppLibrary } from '../../testing/whatsapp-library.ts';
import { LoginStore } from './login-store.ts';

const library = await whatsAppLibrary();

describe.skipIf(library === null)('the login and its keys on disk', () => {
  function open(path = join(temporaryFolder(), 'login.db')) {
    if (library === null) throw new Error('the library is not there');
    const store = new LoginStore(path, library);
    onTestFinished(() => store.close());
    const session = (id: string) => store.keys.get('session', [id])[id];
    return { path, store, session };
  }

  test('a change is whole or not at all, and one that fails holds up none after it', () => {
    const { store, session } = open();
    store.keys.set({ session: { a: 'one', b: 'one' } });
    const half = { session: { a: 'two', b: null, c: 1n } }; // no JSON
    expect(() => store.keys.set(half)).toThrow(TypeError);
    expect(['a', 'b', 'c'].map(session)).toEqual(['one', 'one', undefined]);
    store.keys.set({ session: { a: 'two', b: null } });
    expect(['a', 'b'].map(session)).toEqual(['two', undefined]);
  });

  test('what was written is there for the next process, and a logout leaves nothing', () => {
    const { path, store } = open();
    store.keys.set({ session: { a: 'one' }, 'pre-key': { 1: { public: Buffer.from('key') } } });
    store.rememberSent('m1', { conversation: 'words' }, 1);
    const next = open(path);
    expect(next.session('a')).toBe('one');
    expect(next.store.keys.get('pre-key', ['1'])).toEqual({ 1: { public: Buffer.from('key') } });
    expect(next.store.sent('m1')).toMatchObject({ at: 1, message: { conversation: 'words' } });
    next.store.clear();
    expect([next.session('a'), next.store.sent('m1')]).toEqual([undefined, null]);
  });

  test('once it is closed it forgets what it is told', () => {
    const { path, store } = open();
    store.close();
    store.keys.set({ session: { a: 'late' } });
    expect(store.keys.get('session', ['a'])).toEqual({});
    expect(open(path).session('a')).toBeUndefined();
  });
});
