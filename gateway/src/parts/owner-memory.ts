/** The memory as the gateway asks it for the owner: what stands there, and where it comes from. */
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { reviewsText, undoneText } from '@mobyclaw/lib/review-text';
import { whyText } from '@mobyclaw/lib/why-text';
import { type SoulProblem, soulProblemSchema } from '@mobyclaw/protocol/control';
import {
  type FileVersion,
  fileVersionsSchema,
  type MemoryFiles,
  type MemoryHits,
  memoryFilesSchema,
  memoryHitsSchema,
  type OwnerFile,
  type OwnerFileSave,
  ownerFileSchema,
} from '@mobyclaw/protocol/memory-file';
import {
  type Review,
  reviewsSchema,
  type UndoneReview,
  undoneReviewSchema,
} from '@mobyclaw/protocol/memory-review';
import { type WhyAnswer, whyAnswerSchema } from '@mobyclaw/protocol/memory-source';
import { problemSchema } from '@mobyclaw/protocol/problem';
import {
  type SkillDetail,
  type SkillOrigin,
  type SkillView,
  skillDetailSchema,
  skillsSchema,
} from '@mobyclaw/protocol/skill';
import * as z from 'zod';
import { readMemoryFile } from './memory-tools.ts';
import type { PartClient } from './part-client.ts';

/** What the memory server refuses for a reason that whoever asked can do something about. */
const PASSED_ON = ['conflict', 'not-found', 'payload-too-large', 'validation-failed'] as const;

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

  files(): Promise<MemoryFiles> {
    return this.#ask(memoryFilesSchema, 'GET', '/files');
  }

  /** A file of the memory as it stands. @throws MemoryAwayError, HttpProblem as the memory server says it */
  file(name: string): Promise<OwnerFile> {
    return this.#ask(ownerFileSchema, 'GET', `/file?${query({ name })}`);
  }

  /** @throws HttpProblem 409 where it was changed since it was read; MemoryAwayError */
  save(file: OwnerFileSave): Promise<OwnerFile> {
    return this.#ask(ownerFileSchema, 'POST', '/file', file);
  }

  versions(name: string): Promise<{ items: FileVersion[] }> {
    return this.#ask(fileVersionsSchema, 'GET', `/file/versions?${query({ name })}`);
  }

  version(name: string, at: string): Promise<OwnerFile> {
    return this.#ask(ownerFileSchema, 'GET', `/file/version?${query({ name, at })}`);
  }

  search(asked: Record<string, string>): Promise<MemoryHits> {
    return this.#ask(memoryHitsSchema, 'GET', `/search?${query(asked)}`);
  }

  skills(): Promise<{ items: SkillView[] }> {
    return this.#ask(skillsSchema, 'GET', '/skills');
  }

  /** @throws HttpProblem 404 where there is none, 409 where it is to be on and its owner has not seen it; MemoryAwayError */
  switchSkill(name: string, enabled: boolean): Promise<{ items: SkillView[] }> {
    return this.#ask(skillsSchema, 'POST', '/skills/switch', { name, enabled });
  }

  /** With its texts and versions. @throws HttpProblem 404, MemoryAwayError */
  skill(name: string): Promise<SkillDetail> {
    return this.#ask(skillDetailSchema, 'GET', `/skills/one?${query({ name })}`);
  }

  /** @param digest of what its owner looked at @throws HttpProblem 409 where it is another by now; MemoryAwayError */
  approveSkill(name: string, digest: string): Promise<SkillDetail> {
    return this.#ask(skillDetailSchema, 'POST', '/skills/approve', { name, digest });
  }

  /** Back to what its owner had approved before. @throws HttpProblem 409 where there is none; MemoryAwayError */
  undoSkill(name: string, to?: string): Promise<SkillDetail> {
    return this.#ask(skillDetailSchema, 'POST', '/skills/undo', { name, ...(to !== undefined && { to }) });
  }

  removeSkill(name: string): Promise<{ items: SkillView[] }> {
    return this.#ask(skillsSchema, 'POST', '/skills/remove', { name });
  }

  /** Puts one of an archive (base64) among the skills, switched off until its owner has looked at it. @throws HttpProblem, MemoryAwayError */
  uploadSkill(upload: { archive: string; only?: string | undefined }): Promise<SkillDetail> {
    return this.#ask(skillDetailSchema, 'POST', '/skills/upload', upload);
  }

  /** Takes a skill that its owner has read. @throws HttpProblem 409 where there is another of its name; MemoryAwayError */
  takeSkill(skill: { name: string; text: string; origin: SkillOrigin }): Promise<{ items: SkillView[] }> {
    return this.#ask(skillsSchema, 'POST', '/skills/take', skill);
  }

  /** soul.yaml as it stands. */
  soul(): Promise<OwnerFile> {
    return this.#ask(ownerFileSchema, 'GET', '/soul/file');
  }

  /** The soul.yaml that this version brings. */
  defaultSoul(): Promise<{ text: string }> {
    return this.#ask(z.object({ text: z.string() }), 'GET', '/soul/default');
  }

  /** Whether it could be read at all; what stands in it, the engine judges. */
  checkSoul(text: string): Promise<{ problem: SoulProblem | null }> {
    return this.#ask(z.object({ problem: soulProblemSchema.nullable() }), 'POST', '/soul/check', { text });
  }

  /** @throws HttpProblem 409 where it was changed since it was read, 422 where it has a mistake; MemoryAwayError */
  saveSoul(text: string, version: string | null): Promise<OwnerFile> {
    return this.#ask(ownerFileSchema, 'POST', '/soul/file', { text, version });
  }

  /** What the nightly looks have changed, newest first. @throws MemoryAwayError */
  changes(): Promise<Review[]> {
    return this.#ask(reviewsSchema, 'GET', '/reviews');
  }

  /** The same in words, or why it cannot be told. */
  changesText(): Promise<string> {
    return this.#told(async () => reviewsText(await this.changes()));
  }

  /** Takes back what the last look has changed. @throws MemoryAwayError */
  undo(): Promise<UndoneReview> {
    return this.#ask(undoneReviewSchema, 'POST', '/review/undo', {});
  }

  /** The same, with what came of it in words. */
  undoText(): Promise<string> {
    return this.#told(async () => undoneText(await this.undo()));
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
    const problem = problemSchema.safeParse(answer.body).data;
    const type = PASSED_ON.find((one) => problem?.type === `/problems/${one}`);
    if (problem && type) throw new HttpProblem(type, problem.detail);
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

function query(values: Record<string, string>): string {
  return new URLSearchParams(values).toString();
}
