/**
 * The files of an archive, read in memory: nothing is written anywhere by that, so no path in it leads out of anything. Ordinary
 * files alone are taken, and as many and as large as a few skills may be: a bomb ends there.
 */
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { fromBufferPromise } from 'yauzl';
import {
  MOST_SKILL_BYTES,
  MOST_SKILL_FILES,
  pathFault,
  type Skill,
  type SkillEntry,
  skillOf,
} from './read-skill.ts';
import { parseSkillFile, SKILL_FILE, SkillError } from './skill-file.ts';

const MOST_SKILLS = 10; // of one archive
const MOST_ENTRIES = 5000; // folders, and files with a dot, included
/** No archive is larger that holds what may be taken. */
export const MOST_ARCHIVE_BYTES = MOST_SKILLS * MOST_SKILL_BYTES;

interface FoundEntry {
  name: string;
  kind: 'file' | 'directory' | string;
  mode: number;
  bytes: AsyncIterable<Uint8Array>;
}

/** @param bytes a tar, plain or with gzip, or a zip @param label what the owner knows it by @throws SkillError */
export async function readArchive(bytes: Uint8Array, label: string): Promise<Map<string, SkillEntry>> {
  const [first, second] = bytes;
  const contents = new Contents(label);
  try {
    if (first === 0x50 && second === 0x4b) await readZip(bytes, contents);
    else await readTar(bytes, first === 0x1f && second === 0x8b, contents);
  } catch (error) {
    if (error instanceof SkillError) throw error;
    throw new SkillError(`${label} is no archive that can be read: a .tar, .tar.gz or .zip is needed.`, {
      cause: error,
    });
  }
  return contents.files;
}

/** @param only name of the one that is wanted, where there are several @throws SkillError */
export function skillInArchive(files: ReadonlyMap<string, SkillEntry>, label: string, only?: string): Skill {
  const own = files.get(SKILL_FILE);
  if (own) return skillOf(files, parseSkillFile(own.bytes).name);
  const folders = [...files.keys()]
    .filter((path) => path.endsWith(`/${SKILL_FILE}`))
    .map((path) => path.slice(0, -SKILL_FILE.length - 1));
  const folder = theOneSkill(folders, label, only);
  const inside = [...files].filter(([path]) => path.startsWith(`${folder}/`));
  return skillOf(
    new Map(inside.map(([path, entry]) => [path.slice(folder.length + 1), entry])),
    basename(folder),
  );
}

/** @returns the folder of the skill that is wanted @throws SkillError where there is none, or several */
export function theOneSkill(folders: readonly string[], label: string, only: string | undefined): string {
  const wanted = only === undefined ? folders : folders.filter((folder) => basename(folder) === only);
  const [one, ...more] = wanted;
  const names = folders.map((folder) => basename(folder)).sort();
  if (one === undefined) {
    if (names.length === 0) throw new SkillError(`There is no ${SKILL_FILE} in ${label}.`);
    throw new SkillError(`There is no skill ${only} in ${label}. There are: ${names.join(', ')}.`);
  }
  if (more.length > 0)
    throw new SkillError(`There are several skills in ${label}; name one with --only: ${names.join(', ')}.`);
  return one;
}

/** What is taken of it, each entry judged before a byte of it is kept. */
class Contents {
  readonly files = new Map<string, SkillEntry>();
  readonly #label: string;
  #entries = 0;
  #bytes = 0;

  constructor(label: string) {
    this.#label = label;
  }

  /** @throws SkillError */
  async take({ name, kind, mode, bytes }: FoundEntry): Promise<void> {
    const label = this.#label;
    if (++this.#entries > MOST_ENTRIES)
      throw new SkillError(`${label} has more than ${MOST_ENTRIES} entries.`);
    const parts = name.split('/').filter((part) => part !== '.' && part !== '');
    const shown = JSON.stringify(name.slice(0, 200));
    const isPart = !parts.some((part) => part.startsWith('.') && part !== '..');
    if (kind !== 'file' && kind !== 'directory' && isPart)
      throw new SkillError(
        `${label} holds ${shown}, which is neither a file nor a folder (${kind}). It is not taken.`,
      );
    if (name.startsWith('/') || parts.includes('..'))
      throw new SkillError(`${label} holds ${shown}, which leads out of it. It is not taken.`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) {
      this.#bytes += chunk.length;
      if (this.#bytes > MOST_ARCHIVE_BYTES)
        throw new SkillError(`${label} holds more than ${MOST_ARCHIVE_BYTES} bytes.`);
      chunks.push(chunk);
    }
    if (kind !== 'file' || !isPart) return;
    const plain = parts.join('/');
    const fault = pathFault(plain);
    if (fault !== null) throw new SkillError(`${label} holds ${shown}, which ${fault}.`);
    if (this.files.has(plain)) throw new SkillError(`${label} holds ${shown} twice.`);
    if (this.files.size >= MOST_SKILLS * MOST_SKILL_FILES)
      throw new SkillError(`${label} holds too many files.`);
    this.files.set(plain, { bytes: Buffer.concat(chunks), executable: (mode & 0o100) !== 0 });
  }
}

async function readTar(bytes: Uint8Array, isGzip: boolean, contents: Contents): Promise<void> {
  const archive = extract();
  const reading = (async () => {
    for await (const entry of archive) {
      const { name, type, mode = 0 } = entry.header as { name: string; type: string; mode?: number };
      await contents.take({ name, kind: type, mode, bytes: entry as unknown as AsyncIterable<Buffer> });
    }
  })();
  const source = Readable.from([bytes]);
  const unpacking = isGzip ? pipeline(source, createGunzip(), archive) : pipeline(source, archive);
  const outcomes = await Promise.allSettled([reading, unpacking]);
  const errors = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
  const error = errors.find((one) => one instanceof SkillError) ?? errors[0];
  if (error) throw error;
}

async function readZip(bytes: Uint8Array, contents: Contents): Promise<void> {
  // Names are judged with those of other archives, in the same words.
  const zip = await fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
    decodeStrings: false,
  });
  for await (const entry of zip.eachEntry()) {
    const mode = entry.externalFileAttributes >>> 16; // 0 where no Unix wrote it
    const name = entry.fileNameRaw.toString('utf8');
    const kind = name.endsWith('/') ? 'directory' : kindOf(mode);
    const isRead = kind === 'file';
    await contents.take({
      name,
      kind,
      mode,
      bytes: isRead ? await zip.openReadStreamPromise(entry) : Readable.from([]),
    });
  }
}

function kindOf(mode: number): string {
  const kind = mode & 0o170000;
  if (kind === 0 || kind === 0o100000) return 'file';
  if (kind === 0o040000) return 'directory';
  return kind === 0o120000 ? 'symlink' : 'device';
}
