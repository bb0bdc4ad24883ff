/** The memory as the gateway asks it for the owner: what stands there, and where it comes from. */
import { whyText } from '@mobyclaw/lib/why-text';
import { type WhyAnswer, whyAnswerSchema } from '@mobyclaw/protocol/memory-source';
import type * as z from 'zod';
import { readMemoryFile } from './memory-tools.ts';
import type { PartClient } from './part-client.ts';

/** The message says what is wrong and what to do, as whole sentences. */
export class MemoryAwayError extends Error {
  override name = 'MemoryAwayError';
}

export class OwnerMemory {
  readonly #memory: PartClient | null;
  readonly #timeZone: string;

  /** @param memory null where there is no memory server @param timeZone of the owner, IANA */
  constructor(memory: PartClient | null, timeZone: string) {
    this.#memory = memory;
    this.#timeZone = timeZone;
  }

  /** MEMORY.md, or why it cannot be had. */
  read(): Promise<string> {
    return readMemoryFile(this.#memory);
  }

  /** Where the lines about some words come from. @throws MemoryAwayError */
  why(query: string): Promise<WhyAnswer> {
    return this.#ask(whyAnswerSchema, 'GET', `/why?q=${encodeURIComponent(query)}`);
  }

  /** The same in words, or why it cannot be told. */
  whyText(query: string): Promise<string> {
    return this.#told(async () => whyText(await this.why(query), this.#timeZone));
  }

  async #ask<T>(schema: z.ZodType<T>, method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
    if (!this.#memory) throw new MemoryAwayError('No memory server is configured.');
    const answer = await this.#memory.request(method, path, body === undefined ? {} : { body });
    if (answer === null) {
      throw new MemoryAwayError(
        'The memory server does not answer. "mobyclaw status" shows whether it runs.',
      );
    }
    const read = schema.safeParse(answer.body);
    if (answer.status === 200 && read.success) return read.data;
    throw new MemoryAwayError(
      `The memory server answered with ${answer.status}; its log has the reason. If it is of another version, start Moby again.`,
    );
  }

  async #told(text: () => Promise<string>): Promise<string> {
    try {
      return await text();
    } catch (error) {
      if (error instanceof MemoryAwayError) return error.message;
      throw error;
    }
  }
}
