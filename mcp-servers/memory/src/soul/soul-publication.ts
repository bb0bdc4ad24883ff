/**
 * The three versions of soul.yaml: the owner's candidate, what is published to the agent, and the last one that the agent
 * really ran. Reads `soul.yaml`; writes `agent/soul.yaml` and `agent/.confirmed-soul.yaml`. The gateway leads: nothing is
 * published here without its word, except the first version of all, without which no agent could start. The owner's own
 * file is written for two things alone: a rule that he asked for by "always", and what he saves in the page.
 *
 * Invariant: what is published has been free of syntax errors, and its bytes are those the gateway named by their hash.
 * A candidate that is missing or empty is an editor at work or an accident, never an edit: the one before stays.
 */
import { lstatSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import type { Clock } from '@mobyclaw/lib/clock';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { Logger } from '@mobyclaw/lib/logger';
import { OwnerTextError, ownerBytes, ownerText } from '@mobyclaw/lib/owner-text';
import { asSentence } from '@mobyclaw/lib/sentence';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import type { SoulProblem, SoulRules, SoulState } from '@mobyclaw/protocol/control';
import type { OwnerFile } from '@mobyclaw/protocol/memory-file';
import { withEndsOf } from '../line-ends.ts';
import { editOwnerFile, sameStat } from '../owner-file-edit.ts';
import { keepVersion, SOUL } from '../versions.ts';
import { rulesOf, UnwritableRuleError, withAllowed } from './soul-rules.ts';
import { soulHash, soulProblem } from './soul-syntax.ts';

interface Candidate {
  hash: string;
  problem: SoulProblem | null;
}

export class SoulPublication {
  readonly #home: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #queue = new SerialQueue();
  readonly #waiting = new Set<() => void>();
  #candidate: Candidate | null = null;
  #published: string | null = null;
  #confirmed: string | null = null;

  constructor(home: string, clock: Clock, logger: Logger) {
    this.#home = home;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Reads all three; makes sure that something is published, if there is anything that can be. */
  start(): Promise<void> {
    return this.#queue.run(async () => {
      const confirmed = await readIfThere(this.#confirmedPath);
      this.#confirmed = confirmed && soulHash(confirmed);
      const published = await readIfThere(this.#publishedPath);
      this.#published = published && soulHash(published);
      const bytes = await this.#readCandidate();
      if (this.#published !== null) return;
      if (confirmed) await this.#putInForce(confirmed);
      else if (bytes && this.#candidate?.problem === null) await this.#putInForce(bytes);
    });
  }

  get state(): SoulState {
    const candidate = this.#candidate;
    return {
      candidate: candidate && {
        hash: candidate.hash,
        ...(candidate.problem ? { problem: candidate.problem } : {}),
      },
      published: this.#published,
      confirmed: this.#confirmed,
    };
  }

  /** Reads the owner's file again; wakes those who watch if it is another one. */
  refresh(): Promise<void> {
    return this.#queue.run(async () => {
      await this.#readCandidate();
    });
  }

  /** Resolves once the candidate's hash differs from `since`, or after `timeoutMs`, or when aborted. */
  async watch(since: string, timeoutMs: number, signal: AbortSignal): Promise<SoulState> {
    if (this.#candidate !== null && this.#candidate.hash !== since) return this.state;
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

  /** How many watch just now. */
  get watchers(): number {
    return this.#waiting.size;
  }

  /** Lets all who watch go, at shutdown. */
  release(): void {
    for (const done of [...this.#waiting]) done();
  }

  /** @throws HttpProblem 409 where the candidate is another one by now, or has a problem */
  publish(hash: string): Promise<SoulState> {
    return this.#queue.run(async () => {
      const bytes = await this.#readCandidate();
      const candidate = this.#candidate;
      if (bytes === null || candidate === null) {
        throw new HttpProblem('conflict', candidate?.problem?.message ?? 'There is no soul.yaml to publish.');
      }
      if (candidate.hash !== hash) {
        throw new HttpProblem(
          'conflict',
          `soul.yaml has changed meanwhile: it is ${candidate.hash} now, not ${hash}. Watch again and publish that.`,
        );
      }
      if (candidate.problem) throw new HttpProblem('conflict', `soul.yaml: ${placed(candidate.problem)}`);
      await this.#putInForce(bytes);
      return this.state;
    });
  }

  /** The agent runs what is published. @throws HttpProblem 409 where that is not `hash` */
  confirm(hash: string): Promise<SoulState> {
    return this.#queue.run(async () => {
      const bytes = await readIfThere(this.#publishedPath);
      if (bytes === null || soulHash(bytes) !== hash) {
        throw new HttpProblem(
          'conflict',
          `Published is ${bytes ? soulHash(bytes) : 'nothing'}, not ${hash}.`,
        );
      }
      if (this.#confirmed !== hash) await writeFileAtomic(this.#confirmedPath, bytes);
      this.#confirmed = hash;
      return this.state;
    });
  }

  /** Publishes the last confirmed version again. @throws HttpProblem 409 where there is none */
  restore(): Promise<SoulState> {
    return this.#queue.run(async () => {
      const bytes = await readIfThere(this.#confirmedPath);
      if (bytes === null) {
        throw new HttpProblem(
          'conflict',
          'No soul.yaml has been confirmed yet, so there is none to go back to.',
        );
      }
      await this.#putInForce(bytes);
      return this.state;
    });
  }

  /** The owner's permissions: of his file, or of what is in force where that has a mistake or is away. */
  rules(): Promise<SoulRules> {
    return this.#queue.run(async () => {
      const bytes = await this.#readCandidate();
      const good = this.#candidate?.problem === null ? bytes : null;
      const text =
        good ?? (await readIfThere(this.#confirmedPath)) ?? (await readIfThere(this.#publishedPath));
      return rulesOf(text === null ? '' : ownerText(text));
    });
  }

  /**
   * Puts a rule into the owner's file, the version before kept; those who watch hear of it as of any edit.
   * @returns false where it stood there already
   * @throws HttpProblem 409 where the file has a mistake, is a link, or cannot take the rule; it is then as it was
   */
  allow(rule: string): Promise<boolean> {
    return this.#queue.run(async () => {
      const bytes = await this.#readCandidate();
      const problem = this.#candidate?.problem;
      if (bytes === null || problem) {
        const said = problem ? `soul.yaml: ${placed(problem)}` : 'There is no soul.yaml.';
        throw new HttpProblem('conflict', said);
      }
      try {
        const change = (text: string | null): string => withAllowed(text ?? '', rule);
        if (!(await editOwnerFile(this.#home, SOUL, this.#clock.now(), change))) return false;
      } catch (error) {
        if (error instanceof UnwritableRuleError) throw new HttpProblem('conflict', error.message);
        if (error instanceof OwnerTextError) throw new HttpProblem('conflict', `soul.yaml ${error.message}.`);
        throw error;
      }
      this.#logger.info({ rule }, 'a rule was put into soul.yaml');
      await this.#readCandidate();
      return true;
    });
  }

  /** The owner's file as it stands. @throws HttpProblem 409 where it is no text */
  read(): Promise<OwnerFile> {
    return this.#queue.run(async () => {
      const bytes = await this.#readCandidate();
      return { name: SOUL, text: bytes === null ? '' : textOf(bytes), version: bytes && soulHash(bytes) };
    });
  }

  /**
   * Saves what the owner made of his file, the version before kept; those who watch hear of it as of any edit.
   * @param version of the text that he edited; null: there was none
   * @throws HttpProblem 409 where the file is another one by now or a link, 422 where the text has a mistake; the file is
   *   then as it was
   */
  save(edited: string, version: string | null): Promise<OwnerFile> {
    return this.#queue.run(async () => {
      const path = join(this.#home, SOUL);
      const before = lstatSync(path, { throwIfNoEntry: false });
      const bytes = await this.#readCandidate();
      if ((bytes && soulHash(bytes)) !== version) throw changedMeanwhile();
      if (before && !before.isFile()) {
        throw new HttpProblem(
          'conflict',
          'soul.yaml is a link, which is not written through. Edit the file itself.',
        );
      }
      const text = bytes === null ? edited : withEndsOf(textOf(bytes), edited);
      const written = bytes === null ? Buffer.from(text) : ownerBytes(text, bytes);
      const problem = soulProblem(written);
      if (problem) throw new HttpProblem('validation-failed', asSentence(`Not saved: ${placed(problem)}`));
      if (bytes !== null) await keepVersion(this.#home, SOUL, bytes, this.#clock.now());
      await writeFileAtomic(path, written, {
        mode: before ? before.mode & 0o777 : 0o600,
        beforeRename: () => {
          if (!sameStat(before, lstatSync(path, { throwIfNoEntry: false }))) throw changedMeanwhile();
        },
      });
      this.#logger.info({}, 'soul.yaml was saved in the page');
      await this.#readCandidate();
      return { name: SOUL, text, version: soulHash(written) };
    });
  }

  get #publishedPath(): string {
    return join(this.#home, 'agent', 'soul.yaml');
  }

  get #confirmedPath(): string {
    return join(this.#home, 'agent', '.confirmed-soul.yaml');
  }

  async #putInForce(bytes: Uint8Array): Promise<void> {
    await mkdir(join(this.#home, 'agent'), { recursive: true, mode: 0o700 });
    await writeFileAtomic(this.#publishedPath, bytes);
    this.#published = soulHash(bytes);
    this.#logger.info({ soul: this.#published }, 'soul.yaml published');
  }

  /** @returns the bytes, or null where the file is missing or empty; the candidate before is then kept, with a word on it */
  async #readCandidate(): Promise<Uint8Array | null> {
    const bytes = await readIfThere(join(this.#home, SOUL));
    if (bytes === null || bytes.every(isBlank)) {
      const message =
        bytes === null
          ? 'soul.yaml is missing. Moby goes on as he was; agent/soul.yaml is a copy of what is in force.'
          : 'soul.yaml is empty. Moby goes on as he was; agent/soul.yaml is a copy of what is in force.';
      const hash = this.#candidate?.hash ?? this.#published;
      this.#candidate = hash === null ? null : { hash, problem: { message } };
      return null;
    }
    const hash = soulHash(bytes);
    const changed = hash !== this.#candidate?.hash;
    if (changed || this.#candidate?.problem) this.#candidate = { hash, problem: soulProblem(bytes) };
    if (changed) {
      this.#logger.info({ soul: hash, problem: this.#candidate?.problem ?? undefined }, 'soul.yaml read');
      this.release();
    }
    return bytes;
  }
}

function placed({ message, line, column }: SoulProblem): string {
  return line === undefined ? message : `line ${line}, column ${column ?? 1}: ${message}`;
}

function changedMeanwhile(): HttpProblem {
  return new HttpProblem(
    'conflict',
    'soul.yaml was changed meanwhile. Read it again, and put both together.',
  );
}

/** @throws HttpProblem 409 */
function textOf(bytes: Uint8Array): string {
  try {
    return ownerText(bytes);
  } catch (error) {
    if (!(error instanceof OwnerTextError)) throw error;
    throw new HttpProblem('conflict', `soul.yaml ${error.message}.`);
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
