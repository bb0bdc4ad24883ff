/**
 * Publishes MEMORY.md into `agent/`, where the agent reads it at every model call. Written only when it differs.
 * A MEMORY.md that cannot be read leaves the last published one in force, and says so in the log; one that the owner
 * deleted is published as empty, since what is to be forgotten must not stay in the prompt.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@mobyclaw/lib/atomic-file';
import type { Logger } from '@mobyclaw/lib/logger';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { ToolError } from '@mobyclaw/mcp/tool';
import { digestMemory } from './memory-digest.ts';
import { MEMORY, type MemoryFileName, readMemoryFile } from './memory-file.ts';

export class MemoryPublisher {
  readonly #home: string;
  readonly #budgetBytes: number;
  readonly #marked: (name: MemoryFileName, text: string) => Promise<string>;
  readonly #logger: Logger;
  readonly #queue = new SerialQueue();

  /** @param marked a text with what is to be known of its lines */
  constructor(
    home: string,
    budgetBytes: number,
    marked: (name: MemoryFileName, text: string) => Promise<string>,
    logger: Logger,
  ) {
    this.#home = home;
    this.#budgetBytes = budgetBytes;
    this.#marked = marked;
    this.#logger = logger;
  }

  publish(): Promise<void> {
    return this.#queue.run(async () => {
      let text: string;
      try {
        text = (await readMemoryFile(this.#home, MEMORY as MemoryFileName)) ?? '';
      } catch (error) {
        if (!(error instanceof ToolError)) throw error;
        this.#logger.warn(
          { file: MEMORY, reason: error.message },
          'the last published memory stays in force',
        );
        return;
      }
      const target = join(this.#home, 'agent', MEMORY);
      const digest = digestMemory(await this.#marked(MEMORY as MemoryFileName, text), this.#budgetBytes);
      if ((await readPublished(target)) === digest) return;
      await mkdir(join(this.#home, 'agent'), { recursive: true, mode: 0o700 });
      await writeFileAtomic(target, digest);
    });
  }

  idle(): Promise<void> {
    return this.#queue.idle();
  }
}

async function readPublished(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
