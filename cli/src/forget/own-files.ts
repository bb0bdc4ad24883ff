/** What the command line and the supervisor keep themselves: what was typed in `chat`, and the logs of the parts. */
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import type { Phrase } from '@mobyclaw/recall/phrase';
import type { DataDirectory } from '../data-directory.ts';

export async function forgetInOwnFiles({ chatHistory, logs }: DataDirectory, phrase: Phrase): Promise<void> {
  const typed = await textIfThere(chatHistory);
  if (typed !== null && phrase.isIn(typed)) {
    const kept = typed.split('\n').filter((line) => !phrase.isIn(line));
    await writeFileAtomic(chatHistory, kept.join('\n'));
  }
  for (const name of await namesIn(logs)) await blankLines(join(logs, name), phrase);
}

/** In its place and at its length, since the part that writes it goes on behind it. */
async function blankLines(path: string, phrase: Phrase): Promise<void> {
  const text = (await readFile(path)).toString('latin1');
  if (!phrase.isIn(Buffer.from(text, 'latin1').toString('utf8'))) return;
  await using file = await open(path, 'r+');
  let at = 0;
  for (const line of text.split('\n')) {
    const bytes = Buffer.from(line, 'latin1');
    if (phrase.isIn(bytes.toString('utf8')))
      await file.write(Buffer.alloc(bytes.length, ' '), 0, bytes.length, at);
    at += bytes.length + 1;
  }
}

async function textIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
