/**
 * The copy of soul.yaml that the engine reads: made anew from the published one before every start of the engine, since the
 * agent's own shell can write to the folder it lies in. Whether it is still as it was made is looked at when the engine has
 * read it, and whenever somebody asks.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ownerText } from '@mobyclaw/lib/owner-text';
import { soulHash } from '@mobyclaw/lib/soul-hash';
import { addConfinedAgents } from './confined-agents.ts';
import type { FoundEngine } from './engine.ts';
import { withSkills } from './engine-skills.ts';
import type { RelayAccess } from './fit-models.ts';
import { fitSoul } from './fit-soul.ts';

export interface FittedSoulOptions {
  engine: Pick<FoundEngine, 'kind' | 'numbers'>;
  published: string;
  /** In a folder that holds nothing else; named as the published one, since the name is the agent's key. */
  fitted: string;
  /** Through which models are asked. */
  relay?: RelayAccess | null;
}

export class FittedSoul {
  readonly #options: FittedSoulOptions;
  /** Text of the published file that was fitted last. */
  source = '';
  /** Hash of the same, or null before the first time. */
  published: string | null = null;
  #copy: string | null = null;

  constructor(options: FittedSoulOptions) {
    this.#options = options;
  }

  /** @throws the file system's error, ENOENT where nothing is published */
  make(): void {
    const { engine, published, fitted, relay = null } = this.#options;
    const bytes = readFileSync(published);
    this.source = ownerText(bytes); // as memory checked it before it was published
    this.published = soulHash(bytes);
    const copy = fitSoul(withSkills(addConfinedAgents(this.source, engine), engine), engine, relay);
    rmSync(dirname(fitted), { recursive: true, force: true }); // whatever was put there, links and folders too
    mkdirSync(dirname(fitted), { recursive: true, mode: 0o700 });
    writeFileSync(`${fitted}.new`, copy, { mode: 0o600, flag: 'wx' });
    renameSync(`${fitted}.new`, fitted);
    this.#copy = soulHash(Buffer.from(copy));
  }

  /** Whether the copy is another than was made: then nobody can say what the engine read, or will read. */
  get altered(): boolean {
    if (this.#copy === null) return false;
    try {
      return soulHash(readFileSync(this.#options.fitted)) !== this.#copy;
    } catch {
      return true; // gone, or something that is no file
    }
  }
}
