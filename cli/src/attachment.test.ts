import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { readAttachments } from './attachment.ts';

const typesOf = async (files: Record<string, string | Buffer>): Promise<string[]> => {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const read = await readAttachments(Object.keys(files).map((name) => join(folder, name)));
  return read.map(({ mime }) => mime);
};

test('a file is what its name says, so that the gateway can tell what to send instead', async () => {
  const zip = Buffer.from('504b030400ff', 'hex');
  expect(
    await typesOf({ 'a.pdf': '%PDF-1.7', 'b.docx': zip, 'c.zip': zip, 'd.mp4': zip, 'e.csv': 'a,b' }),
  ).toEqual([
    'application/pdf',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/zip',
    'video/mp4',
    'text/csv',
  ]);
});

test('one whose name says nothing to a model is text where it is text', async () => {
  const files = {
    Makefile: 'all:\n',
    'a.svg': '<svg/>',
    'b.bin': Buffer.from([0, 1]),
    'c.rs': 'fn main() {}',
  };
  expect(await typesOf(files)).toEqual([
    'text/plain',
    'text/plain',
    'application/octet-stream',
    'text/plain',
  ]);
});
