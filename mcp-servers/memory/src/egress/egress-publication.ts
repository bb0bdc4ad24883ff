/**
 * What Moby may reach: the owner's `egress.yaml`, and the copy of it that is in force, `egress/rules/egress.yaml`, which the
 * part egress reads. Only a file without a fault is copied; one with a fault leaves the copy before, also over a restart, and
 * is told with its line. A file that is missing or empty means the defaults.
 *
 * The owner's own file is written for one thing alone: what he asked for by an answer, a command or the page.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import type { Clock } from '@mobyclaw/lib/clock';
import { EgressEditError, editRules } from '@mobyclaw/lib/egress-rules/edit-rules';
import { DEFAULT_RULES, readRules } from '@mobyclaw/lib/egress-rules/read-rules';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { Logger } from '@mobyclaw/lib/logger';
import { OwnerTextError } from '@mobyclaw/lib/owner-text';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { soulHash } from '@mobyclaw/lib/soul-hash';
import type {
  EgressEdit,
  EgressFileState,
  EgressProblem,
  EgressRules,
} from '@mobyclaw/protocol/egress-rules';
import { editOwnerFile } from '../owner-file-edit.ts';
import { EGRESS } from '../versions.ts';

const NOTHING = Buffer.from('# There is no egress.yaml, so the defaults are in force.\n');

export class EgressPublication {
  readonly #home: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #queue = new SerialQueue();
  readonly #waiting = new Set<() => void>();
  #rules: EgressRules = DEFAULT_RULES;
  #problem: EgressProblem | null = null;
  #hash: string | null = null;
  #isRead = false;

  constructor(home: string, clock: Clock, logger: Logger) {
    this.#home = home;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** @throws the file system's error, where the copy cannot be written */
  start(): Promise<void> {
    return this.#queue.run(async () => {
      const published = await readIfThere(this.#publishedPath);
      const read = published && readRules(published);
      if (read && 'rules' in read) this.#rules = read.rules;
      await this.#read();
    });
  }

  get state(): EgressFileState {
    return {
      rules: this.#rules,
      hash: this.#hash,
      ...(this.#problem ? { problem: this.#problem } : {}),
    };
  }

  /** Reads the owner's file again, and puts it in force if it has no fault. */
  refresh(): Promise<void> {
    return this.#queue.run(() => this.#read());
  }

  /** Resolves once the file's hash differs from `since`, or after `timeoutMs`, or when aborted. */
  async watch(since: string, timeoutMs: number, signal: AbortSignal): Promise<EgressFileState> {
    if ((this.#hash ?? '') !== since) return this.state;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', done);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = this.#clock.after(timeoutMs, done);
      signal.addEventListener('abort', done, { once: true });
      this.#waiting.add(done);
      if (signal.aborted) done();
    });
    return this.state;
  }

  /** Lets all who watch go, at shutdown. */
  release(): void {
    for (const done of [...this.#waiting]) done();
  }

  /**
   * Changes the owner's file, the version before kept; what it says is in force when this resolves.
   * @returns false where it said so already
   * @throws HttpProblem 409 where the file has a fault, is a link, or cannot take it; it is then as it was
   */
  edit(edit: EgressEdit): Promise<boolean> {
    return this.#queue.run(async () => {
      let isChanged: boolean;
      try {
        isChanged = await editOwnerFile(this.#home, EGRESS, this.#clock.now(), (text) =>
          editRules(text ?? '', edit),
        );
      } catch (error) {
        if (error instanceof EgressEditError) throw new HttpProblem('conflict', error.message);
        if (error instanceof OwnerTextError)
          throw new HttpProblem('conflict', `egress.yaml ${error.message}.`);
        throw error;
      }
      if (isChanged) this.#logger.info({ edit }, 'egress.yaml was changed for its owner');
      await this.#read();
      return isChanged;
    });
  }

  get #publishedPath(): string {
    return join(this.#home, 'egress', 'rules', EGRESS);
  }

  async #read(): Promise<void> {
    const bytes = (await readIfThere(join(this.#home, EGRESS))) ?? NOTHING;
    const hash = bytes === NOTHING ? null : soulHash(bytes);
    const isOther = !this.#isRead || hash !== this.#hash;
    const read = readRules(bytes);
    if ('problem' in read) {
      this.#problem = read.problem;
      if (isOther)
        this.#logger.warn({ problem: read.problem }, 'egress.yaml has a fault; what was in force stays');
    } else {
      await this.#putInForce(bytes);
      this.#rules = read.rules;
      this.#problem = null;
    }
    this.#hash = hash;
    this.#isRead = true;
    if (isOther) this.release();
  }

  async #putInForce(bytes: Uint8Array): Promise<void> {
    if ((await readIfThere(this.#publishedPath))?.equals(bytes)) return;
    await mkdir(join(this.#home, 'egress', 'rules'), { recursive: true, mode: 0o700 });
    await writeFileAtomic(this.#publishedPath, bytes);
    this.#logger.info({}, 'egress.yaml is in force');
  }
}

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
