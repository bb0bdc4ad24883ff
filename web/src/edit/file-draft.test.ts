/** An edit of a file survives what happens to the file and to the page meanwhile. */
import { beforeEach, expect, test } from 'vitest';
import { ApiError } from '../data/api.ts';
import { FileDraft, type FileText } from './file-draft.ts';

beforeEach(() => {
  const kept = new Map<string, string>();
  Object.assign(globalThis, {
    localStorage: {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    },
  });
});

/** A file that anybody may write. */
function openFile(text: string) {
  let file: FileText = { text, version: '1' };
  const draft: FileDraft = new FileDraft({
    name: 'MEMORY.md',
    async save(edited, version) {
      if (version !== file.version) throw new ApiError(409, 'conflict', 'changed meanwhile');
      file = { text: edited, version: String(Number(file.version) + 1) };
      return file;
    },
    refresh: async () => draft.arrived(file),
  });
  draft.arrived(file);
  return {
    draft,
    write(other: string) {
      file = { text: other, version: String(Number(file.version) + 1) };
      return file;
    },
    now: () => file,
  };
}

test('an edit is saved; without one, what others write is shown at once', async () => {
  const { draft, write, now } = openFile('a');
  draft.edit('b');
  expect(draft.saves.value).toBe(0);
  expect(await draft.save()).toBe(true);
  expect(draft.saves.value).toBe(1);
  expect(now().text).toBe('b');
  expect(draft.isDirty.value).toBe(false);
  draft.arrived(write('c'));
  expect(draft.text.value).toBe('c');
});

test('what was written meanwhile is never overwritten, and what was typed is never lost', async () => {
  const { draft, write, now } = openFile('a');
  draft.edit('mine');
  write('theirs');
  expect(await draft.save()).toBe(false);
  expect(now().text).toBe('theirs');
  expect(draft.text.value).toBe('mine');
  expect(draft.base.value?.text).toBe('a');
  expect(draft.theirs.value?.text).toBe('theirs');
  draft.resolve('mine\ntheirs');
  expect(draft.theirs.value).toBeNull();
  expect(await draft.save()).toBe(true);
  expect(now().text).toBe('mine\ntheirs');
});

test('a reload keeps the edit, and knows what it was made of', () => {
  const { draft, write } = openFile('a');
  draft.edit('mine');
  const again = new FileDraft({
    name: 'MEMORY.md',
    save: () => Promise.reject(),
    refresh: async () => undefined,
  });
  again.arrived(write('theirs'));
  expect(again.text.value).toBe('mine');
  expect(again.base.value).toEqual({ text: 'a', version: '1' });
  expect(again.theirs.value?.text).toBe('theirs');
  again.discard();
  expect(again.text.value).toBe('theirs');
  const third = new FileDraft({
    name: 'MEMORY.md',
    save: () => Promise.reject(),
    refresh: async () => undefined,
  });
  third.arrived({ text: 'x', version: '9' });
  expect(third.text.value).toBe('x');
});
