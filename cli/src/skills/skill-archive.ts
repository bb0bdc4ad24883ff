/**
 * The files of an archive, read into memory: nothing is written anywhere while it is read, so no path in it leads out of
 * anything. Ordinary files alone are taken, and as many and as large as a few skills may be: a bomb ends there.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import {
  MOST_SKILL_BYTES,
  MOST_SKILL_FILES,
  pathFault,
  type SkillEntry,
} from '@mobyclaw/lib/skills/read-skill';
import { extract } from 'tar-stream';
import { CliError } from '../cli-error.ts';

const MOST_SKILLS = 10; // of one archive
const MOST_ENTRIES = 5000; // folders, and files with a dot, included

interface Header {
  name: string;
  type: string;
  mode?: number;
}

/** @throws CliError */
export async function readArchive(path: string): Promise<Map<string, SkillEntry>> {
  const files = new Map<string, SkillEntry>();
  const archive = extract();
  const reading = (async () => {
    let entries = 0;
    let bytes = 0;
    for await (const entry of archive) {
      if (++entries > MOST_ENTRIES) throw new CliError(`${path} has more than ${MOST_ENTRIES} entries.`);
      const { name, type, mode = 0 } = entry.header as Header;
      const parts = name.split('/').filter((part) => part !== '.' && part !== '');
      const shown = JSON.stringify(name.slice(0, 200));
      const isPart = !parts.some((part) => part.startsWith('.') && part !== '..');
      if (type !== 'file' && type !== 'directory' && isPart)
        throw new CliError(
          `${path} holds ${shown}, which is neither a file nor a folder (${type}). It is not taken.`,
        );
      if (name.startsWith('/') || parts.includes('..'))
        throw new CliError(`${path} holds ${shown}, which leads out of it. It is not taken.`);
      const chunks: Buffer[] = [];
      for await (const chunk of entry as unknown as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > MOST_SKILLS * MOST_SKILL_BYTES)
          throw new CliError(`${path} holds more than ${MOST_SKILLS * MOST_SKILL_BYTES} bytes.`);
        chunks.push(chunk);
      }
      if (type !== 'file' || !isPart) continue;
      const plain = parts.join('/');
      const fault = pathFault(plain);
      if (fault !== null) throw new CliError(`${path} holds ${shown}, which ${fault}.`);
      if (files.has(plain)) throw new CliError(`${path} holds ${shown} twice.`);
      if (files.size >= MOST_SKILLS * MOST_SKILL_FILES) throw new CliError(`${path} holds too many files.`);
      files.set(plain, { bytes: Buffer.concat(chunks), executable: (mode & 0o100) !== 0 });
    }
  })();
  const unpacking = (await isGzip(path))
    ? pipeline(createReadStream(path), createGunzip(), archive)
    : pipeline(createReadStream(path), archive);
  const outcomes = await Promise.allSettled([reading, unpacking]);
  const errors = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
  const own = errors.find((error) => error instanceof CliError);
  if (own) throw own;
  if (errors.length > 0)
    throw new CliError(`${path} is no archive that can be read: a .tar, or .tar.gz, is needed.`, {
      cause: errors[0],
    });
  return files;
}

async function isGzip(path: string): Promise<boolean> {
  await using file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`${path} cannot be read (${error.code}).`, { cause: error });
  });
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
  return buffer[0] === 0x1f && buffer[1] === 0x8b;
}
