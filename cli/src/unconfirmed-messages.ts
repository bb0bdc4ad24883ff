/**
 * Messages of which nobody knows whether the gateway got them, since it went away before it said so. Their keys are kept
 * in run/unconfirmed.json for an hour, so that asking the same again is the same message and not a second one.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import type { Clock } from '@mobyclaw/lib/clock';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import type { PromptRequest } from '@mobyclaw/protocol/prompt';
import * as z from 'zod';
import type { DataDirectory } from './data-directory.ts';

const KEPT_MS = 3_600_000; // who asks the same later means it anew
const MOST = 100;

const fileSchema = z.array(z.object({ digest: z.string(), key: z.string(), at: z.int() }));

type Kept = z.infer<typeof fileSchema>;

export class UnconfirmedMessages {
  readonly #path: string;
  readonly #clock: Clock;

  constructor({ run }: Pick<DataDirectory, 'run'>, clock: Clock) {
    this.#path = join(run, 'unconfirmed.json');
    this.#clock = clock;
  }

  /** @returns the Idempotency-Key for this message */
  keyFor(request: PromptRequest): string {
    const digest = digestOf(request);
    return this.#read().find((one) => one.digest === digest)?.key ?? uuidv7();
  }

  async keep(request: PromptRequest, key: string): Promise<void> {
    const digest = digestOf(request);
    const others = this.#read().filter((one) => one.digest !== digest);
    await this.#write([...others.slice(1 - MOST), { digest, key, at: this.#clock.now() }]);
  }

  /** The gateway has it, so asking the same again means it anew. */
  async confirmed(request: PromptRequest): Promise<void> {
    const digest = digestOf(request);
    const kept = this.#read();
    if (kept.some((one) => one.digest === digest)) {
      await this.#write(kept.filter((one) => one.digest !== digest));
    }
  }

  #read(): Kept {
    try {
      const kept = fileSchema.safeParse(JSON.parse(readFileSync(this.#path, 'utf8'))).data ?? [];
      return kept.filter(({ at }) => this.#clock.now() - at < KEPT_MS);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR' || error instanceof SyntaxError) return [];
      throw error;
    }
  }

  async #write(kept: Kept): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await writeFileAtomic(this.#path, `${JSON.stringify(kept)}\n`);
  }
}

function digestOf(request: PromptRequest): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('hex');
}
