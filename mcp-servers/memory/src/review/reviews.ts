/**
 * The nightly looks: what there is to look at, what was done in each, and undoing the last. Each is one change of MEMORY.md, with the
 * version before kept, in the journal like any other.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import { ToolError } from '@mobyclaw/mcp/tool';
import {
  type Review,
  type ReviewMaterial,
  type ReviewStep,
  reviewsSchema,
  type UndoneReview,
} from '@mobyclaw/protocol/memory-review';
import { type FactMemory, noteContradictions, noteDoubt } from '../facts/remember.ts';
import { replaceLine } from '../facts/replace-line.ts';
import { isSoftened } from '../facts/warning.ts';
import { dailyFileName, MEMORY, type MemoryFileName } from '../memory-file.ts';
import type { Author } from '../memory-store.ts';
import { appendToSection } from '../section-append.ts';
import { factLines } from '../sources/line-changes.ts';
import { lineKey } from '../sources/line-key.ts';
import { Origins } from '../sources/origins.ts';
import { findVersion, hashOf } from '../versions.ts';
import { type AppliedSteps, applySteps } from './apply-steps.ts';

const KEPT = 30;
const MOST_DAYS = 3; // that are looked at together, after nights without a look
const MOST_LOG_CHARS = 30_000;
const MEMORY_FILE = MEMORY as MemoryFileName;
const UNDO: Author = { asker: 'owner', sender: 'undo' };
const LOOK: Author = { asker: 'owner', sender: 'the nightly look' };

export class Reviews {
  readonly #memory: FactMemory;
  readonly #home: string;
  readonly #path: string;
  readonly #queue = new SerialQueue();

  constructor(home: string, memory: FactMemory) {
    this.#home = home;
    this.#memory = memory;
    this.#path = join(home, 'memory', '.reviews.json');
  }

  /** @param day YYYY-MM-DD, the last one that is over */
  async material(day: string): Promise<ReviewMaterial> {
    const { store } = this.#memory;
    const [last] = await this.list();
    const parts: string[] = [];
    let newest: string | null = null;
    for (let back = MOST_DAYS - 1; back >= 0; back--) {
      const one = new Date(Date.parse(day) - back * 86_400_000).toISOString().slice(0, 10);
      if (last !== undefined && one <= last.day) continue;
      const log = factLines((await store.readable(dailyFileName(one))) ?? '');
      if (log.length === 0) continue;
      parts.push(`${one}\n${log.join('\n')}`);
      newest = one;
    }
    const log = parts.join('\n\n').slice(-MOST_LOG_CHARS);
    return { day: newest, log, memory: (await store.readable(MEMORY_FILE)) ?? '' };
  }

  /** Does it, once for each day. */
  async apply(
    day: string,
    steps: readonly ReviewStep[],
    { turn, problem }: { turn?: string | undefined; problem?: string | undefined },
  ): Promise<Review> {
    return this.#queue.run(async () => {
      const before = await this.#read();
      const known = before.find((review) => review.day === day);
      if (known) return known;
      const by: Author = { ...LOOK, ...(turn === undefined ? {} : { turn }) };
      const done = steps.length === 0 ? NOTHING : await this.#change(by, steps);
      const asked = await this.#ask(by, steps, done);
      const review: Review = {
        id: uuidv7(),
        day,
        at: new Date(this.#memory.store.now).toISOString(),
        noted: done.noted,
        joined: done.joined,
        dropped: done.dropped,
        asked,
        left: done.left,
        ...(done.hashes && { hashes: done.hashes }),
        ...(problem === undefined ? {} : { problem }),
        told: false,
        undone: false,
      };
      await this.#write([review, ...before]);
      return review;
    });
  }

  /** Newest first. */
  list(): Promise<Review[]> {
    return this.#queue.run(() => this.#read());
  }

  told(id: string): Promise<void> {
    return this.#queue.run(async () => {
      await this.#write((await this.#read()).map((one) => (one.id === id ? { ...one, told: true } : one)));
    });
  }

  /** Keeps no more of what a look did than that its day was looked at. */
  forget(id: string): Promise<void> {
    const nothing = { noted: [], joined: [], dropped: [], left: [], problem: undefined, hashes: undefined };
    return this.#queue.run(async () => {
      await this.#write(
        (await this.#read()).map((one) => (one.id === id ? { ...one, ...nothing } : one) as Review),
      );
    });
  }

  /** Undoes the last look that changed something, as far as what it wrote still stands. */
  undo(): Promise<UndoneReview> {
    return this.#queue.run(async () => {
      const reviews = await this.#read();
      const review = reviews.find((one) => !one.undone && changedSomething(one));
      if (!review) return { review: null, left: [] };
      const left: string[] = [];
      const { hashes } = review;
      const whole = hashes && (await findVersion(this.#home, MEMORY_FILE, hashes.before));
      const undo = (text: string | null): string => {
        left.length = 0;
        // As it was to the byte, unless somebody has changed it since.
        if (whole && hashOf(text ?? '') === hashes.after) return whole;
        return undone(text ?? '', review, left);
      };
      await this.#memory.store.revise(UNDO, MEMORY_FILE, undo, { isOwners: true });
      const after = { ...review, undone: true };
      await this.#write(reviews.map((one) => (one.id === review.id ? after : one)));
      return { review: after, left };
    });
  }

  async #change(by: Author, steps: readonly ReviewStep[]): Promise<AppliedSteps> {
    const { store, journal } = this.#memory;
    const origins = new Origins(await journal.read());
    let done: AppliedSteps | undefined;
    let hashes: Review['hashes'];
    await store.revise(by, MEMORY_FILE, (text) => {
      const present = new Set(factLines(text ?? '').map(lineKey));
      const isOurs = (line: string): boolean =>
        ['written', 'moved'].includes(origins.of(MEMORY, line, null, present).state);
      done = applySteps(text ?? '', steps, isOurs);
      hashes = { before: hashOf(text ?? ''), after: hashOf(done.text) };
      return done.text;
    });
    return done ? { ...done, ...(hashes && { hashes }) } : NOTHING;
  }

  /** @returns how much the owner is asked about */
  async #ask(
    by: Author,
    steps: readonly ReviewStep[],
    { text, noted }: { text: string; noted: string[] },
  ): Promise<number> {
    const { store } = this.#memory;
    const before = (await this.#memory.doubts.list()).length;
    const added = factLines(text).filter((line) => noted.some((one) => lineKey(one) === lineKey(line)));
    await noteContradictions(this.#memory, MEMORY_FILE, text, added, by);
    const standing = factLines((await store.readable(MEMORY_FILE)) ?? '');
    const found = (line: string): string | undefined =>
      standing.find((one) => lineKey(one) === lineKey(line));
    for (const step of steps) {
      if (step.do === 'ask') {
        const [old, is] = [found(step.old), found(step.new)];
        if (old === undefined || is === undefined || old === is) continue;
        await noteDoubt(
          this.#memory,
          { kind: 'contradiction', file: MEMORY_FILE, old, is, why: step.why },
          by,
        );
      }
      if (step.do === 'drop') {
        const old = found(step.line);
        if (old === undefined || !isSoftened(old, '')) continue;
        await noteDoubt(this.#memory, { kind: 'warning', file: MEMORY_FILE, old, is: '', why: step.why }, by);
      }
    }
    return (await this.#memory.doubts.list()).length - before;
  }

  #write(reviews: readonly Review[]): Promise<void> {
    return writeFileAtomic(this.#path, JSON.stringify(reviews.slice(0, KEPT)));
  }

  async #read(): Promise<Review[]> {
    try {
      return reviewsSchema.safeParse(JSON.parse(await readFile(this.#path, 'utf8'))).data ?? [];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return [];
      throw error;
    }
  }
}

const NOTHING: AppliedSteps = { text: '', noted: [], joined: [], dropped: [], left: [] };

function changedSomething({ noted, joined, dropped }: Review): boolean {
  return noted.length + joined.length + dropped.length > 0;
}

/** @param left is told what could not be undone */
function undone(text: string, { noted, joined, dropped }: Review, left: string[]): string {
  let now = text;
  const attempt = (step: () => string): void => {
    try {
      now = step();
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      left.push(error.message);
    }
  };
  for (const { line, section } of dropped) attempt(() => appendToSection(now, section, line).text);
  for (const { lines, text: joint } of joined) {
    const [first = '', ...others] = [
      ...lines.filter((line) => lineKey(line) === lineKey(joint)),
      ...lines.filter((line) => lineKey(line) !== lineKey(joint)),
    ];
    attempt(() => {
      const back = replaceLine(now, MEMORY, joint, first);
      return others.reduce((so, line) => besides(so, first, line), back);
    });
  }
  for (const line of noted) attempt(() => replaceLine(now, MEMORY, line, ''));
  return now;
}

/** Puts a line right after another one. */
function besides(text: string, first: string, line: string): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const marked = text.split('\n').map((one) => one.replace(/\r$/, ''));
  const at = marked.findIndex((one) => lineKey(one) === lineKey(first));
  const offset = text
    .split('\n')
    .slice(0, at + 1)
    .join('\n')
    .replace(/\r$/, '').length;
  return `${text.slice(0, offset)}${newline}- ${line}${text.slice(offset)}`;
}
