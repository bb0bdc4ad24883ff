import { constants } from 'node:os';
import { ToolError } from '@mobyclaw/mcp/tool';
import { expect, test } from 'vitest';
import { explained } from './file-error.ts';

const failed = (code: string) => Object.assign(new Error(`${code}: open '/home/owner/secret'`), { code });

test.each([
  ['ENOENT', 'does not exist. workspace_list shows what there is.'],
  ['ENOTDIR', 'a name on the way to it is a file'],
  ['EISDIR', 'Use workspace_list'],
  ['ELOOP', 'Look at it again.'],
  ['EACCES', 'the file system denies it'],
  ['EPERM', 'the file system denies it'],
  ['EROFS', 'read-only'],
  ['ENAMETOOLONG', 'Choose a shorter one.'],
  ['EILSEQ', 'Choose another one.'],
  ['EINVAL', 'does not accept'],
  ['ENOTEMPTY', 'not empty'],
  ['EEXIST', 'exists already'],
  ['EBUSY', 'only the owner can'],
  ['EXDEV', 'then delete it here'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EFBIG', 'too large'],
  ['ENXIO', 'not a file'],
  ['ESTALE', 'no longer there'],
  ['EMFILE', 'Try again.'],
])('%s is told to the model by the name that it knows', (code, says) => {
  expect(Object.hasOwn(constants.errno, code)).toBe(true);
  const error = explained(failed(code), 'notes/a.md') as ToolError;
  expect(error).toBeInstanceOf(ToolError);
  expect(error.message).toMatch(/^notes\/a\.md [a-z]/);
  expect(error.message).toContain(says);
});

test('what nobody foresaw stays an error of ours, and what a tool says stays as it is', () => {
  const strange = failed('EUCLEAN');
  expect(explained(strange, 'a')).toBe(strange);
  const said = new ToolError('Say it otherwise.');
  expect(explained(said, 'a')).toBe(said);
});
