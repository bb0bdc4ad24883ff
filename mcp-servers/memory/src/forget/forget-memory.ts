/**
 * Forgets in all that the memory server keeps: the Markdown files, the versions of them, the journal of sources, what the
 * owner is still to be told of HEARTBEAT.md, and the index, which is made anew. Asked twice it finds nothing the second time,
 * so that whoever was cut goes on by asking again. Everything that does not match stays byte for byte.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { cutText } from '@mobyclaw/lib/cut-text';
import { OwnerTextError, ownerBytes, ownerText } from '@mobyclaw/lib/owner-text';
import { ToolError } from '@mobyclaw/mcp/tool';
import type { ForgetFinding, ForgetMark, ForgetPlace } from '@mobyclaw/protocol/forget';
import { Phrase } from '@mobyclaw/recall/phrase';
import type { Doubts } from '../facts/doubts.ts';
import { guestNotesOf } from '../guest-notes.ts';
import type { HeartbeatChanges } from '../heartbeat-changes.ts';
import { dayOf, isGuestNotes, type MemoryFileName } from '../memory-file.ts';
import type { MemoryStore } from '../memory-store.ts';
import type { Reviews } from '../review/reviews.ts';
import { memoryFiles } from '../search/changed-files.ts';
import type { SearchIndex } from '../search/search-index.ts';
import type { Journal } from '../sources/journal.ts';
import { lineKey } from '../sources/line-key.ts';
import { isFrom, withoutMentions } from './journal-lines.ts';
import { withoutLines } from './without-lines.ts';

const EXAMPLES = 3;
const EXAMPLE_CHARS = 160;
const VERSION_TIME = /^(\d{4}-\d\d-\d\dT\d\d_\d\d_\d\d\.\d{3}Z)\.(?:md|yaml)$/;

export interface ForgetMemoryOptions {
  home: string;
  store: MemoryStore;
  journal: Journal;
  index: SearchIndex;
  changes: HeartbeatChanges;
  doubts: Doubts;
  reviews: Reviews;
}

/** What goes, by place. */
interface Going {
  line(line: string): boolean;
  file(name: MemoryFileName): boolean;
  version(at: number): boolean;
}

/** @param remove false: only look */
export async function forgetMemory(
  mark: ForgetMark,
  remove: boolean,
  options: ForgetMemoryOptions,
): Promise<ForgetFinding> {
  return new MemoryForgetter(options, remove, await whatGoes(mark, options.journal)).run();
}

async function whatGoes(mark: ForgetMark, journal: Journal): Promise<Going> {
  const never = (): boolean => false;
  if ('phrase' in mark) {
    const phrase = Phrase.marked(mark.phrase);
    return { line: (line) => phrase.isIn(line), file: never, version: never };
  }
  if ('before' in mark) {
    return {
      line: never,
      file: (name) => (dayOf(name) ?? '9') < mark.before,
      version: (at) => at < mark.at,
    };
  }
  const { conversation } = mark;
  const keys = new Set<string>();
  for (const record of await journal.read()) {
    if (record.op !== 'change' || !isFrom(record, mark)) continue;
    for (const { line } of record.wrote) keys.add(lineKey(line));
  }
  const notes = new Set<string>(conversation.map(guestNotesOf));
  return {
    line: (line) => keys.size > 0 && keys.has(lineKey(line)) && lineKey(line) !== '',
    file: (name) => isGuestNotes(name) && notes.has(name),
    version: never,
  };
}

class MemoryForgetter {
  readonly #options: ForgetMemoryOptions;
  readonly #remove: boolean;
  readonly #going: Going;
  readonly #places: ForgetPlace[] = [];
  readonly #left: string[] = [];

  constructor(options: ForgetMemoryOptions, remove: boolean, going: Going) {
    this.#options = options;
    this.#remove = remove;
    this.#going = going;
  }

  async run(): Promise<ForgetFinding> {
    const { home, index } = this.#options;
    for (const name of memoryFiles(home)) await this.#file(name);
    await this.#soul();
    await this.#versions();
    await this.#journal();
    await this.#heartbeatChanges();
    await this.#doubts();
    await this.#reviews();
    // All that an index holds is forms of what stood there, also in pages that it does not use any more.
    if (this.#remove) await index.makeAnew();
    return { places: this.#places, left: this.#left };
  }

  #found(place: string, examples: readonly string[], count = examples.length): void {
    if (count === 0) return;
    const shown = examples.slice(0, EXAMPLES).map((text) => cutText(text.trim(), EXAMPLE_CHARS));
    this.#places.push({ place, count, examples: shown });
  }

  async #file(name: MemoryFileName): Promise<void> {
    const { store } = this.#options;
    try {
      const text = await store.read(name);
      if (text === null) return;
      if (this.#going.file(name)) {
        this.#found(`the file ${name}`, [name]);
        if (this.#remove) await store.discard(name);
        return;
      }
      const { removed } = withoutLines(text, this.#going.line);
      this.#found(`lines of ${name}`, removed);
      if (this.#going.line(name)) this.#left.push(`The file ${name} is named so; rename it yourself.`);
      if (this.#remove && removed.length > 0) {
        await store.rewrite(name, (now) => withoutLines(now, this.#going.line).text);
      }
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      this.#left.push(`${error.message} Whether it stands in there is not known.`);
    }
  }

  /** The owner's configuration: without one of its lines Moby might be another, or not start at all. */
  async #soul(): Promise<void> {
    const text = await readText(join(this.#options.home, 'soul.yaml'));
    const lines = (text ?? '').split('\n');
    const at = lines.findIndex((line) => this.#going.line(line));
    if (at !== -1)
      this.#left.push(`It stands in soul.yaml, line ${at + 1}. That file is yours: edit it yourself.`);
  }

  async #versions(): Promise<void> {
    const root = join(this.#options.home, 'memory', '.versions');
    let versions = 0;
    for (const path of filesBelow(root)) {
      const time = VERSION_TIME.exec(path.slice(path.lastIndexOf('/') + 1))?.[1];
      const isOld = time !== undefined && this.#going.version(Date.parse(time.replaceAll('_', ':')));
      const ofFile = `memory/${path.slice(root.length + 1, path.lastIndexOf('/'))}` as MemoryFileName;
      const bytes = await readFile(path);
      const text = textOf(bytes);
      const without = text === null ? null : withoutLines(text, this.#going.line);
      const goes = isOld || this.#going.file(ofFile);
      if (!goes && (without?.removed.length ?? 0) === 0) continue;
      versions++;
      if (!this.#remove) continue;
      if (goes || without === null) await rm(path, { force: true });
      else await writeFileAtomic(path, ownerBytes(without.text, bytes));
    }
    this.#found('earlier versions of files', [], versions);
  }

  async #journal(): Promise<void> {
    const { journal } = this.#options;
    const changed = await journal.rewrite(
      (record) => withoutMentions(record, this.#going.line),
      this.#going.line,
      this.#remove,
    );
    this.#found('records of where lines come from', [], changed);
  }

  async #heartbeatChanges(): Promise<void> {
    const { changes } = this.#options;
    const mentions = (await changes.list()).filter(
      ({ was, is }) => withoutLines(`${was}\n${is}`, this.#going.line).removed.length > 0,
    );
    this.#found('changes of HEARTBEAT.md that you were not told of yet', [], mentions.length);
    if (this.#remove) for (const { id } of mentions) await changes.told(id);
  }

  async #doubts(): Promise<void> {
    const { doubts } = this.#options;
    const mentions = (await doubts.list()).filter(({ old, is, why }) => this.#mentions([old, is, why]));
    this.#found('contradictions that you are to be asked about', [], mentions.length);
    if (this.#remove) for (const { id } of mentions) await doubts.remove(id);
  }

  async #reviews(): Promise<void> {
    const { reviews } = this.#options;
    const mentions = (await reviews.list()).filter((review) => this.#mentions([JSON.stringify(review)]));
    this.#found('what the nightly looks did', [], mentions.length);
    if (this.#remove) for (const { id } of mentions) await reviews.forget(id);
  }

  #mentions(texts: readonly string[]): boolean {
    return withoutLines(texts.join('\n'), this.#going.line).removed.length > 0;
  }
}

/** Plain files; a link is none of ours. */
function filesBelow(folder: string): string[] {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return ownerText(bytes);
  } catch (error) {
    if (error instanceof OwnerTextError) return null;
    throw error;
  }
}
