/**
 * Publishes the owner's skills into `agent/skills/`, where every engine finds them: those that are switched on and are, to the
 * byte, what the owner has seen. The bytes that were compared are the bytes that are written. What is switched off, changed,
 * broken or away is taken out; a lock that cannot be read takes all out.
 *
 * Reads `skills/` and `skills.lock`; writes `agent/skills/`, and `skills/.versions` for what is to be gone back to. A skill is put in place by a rename, so that no engine
 * reads half of one. Without a folder `skills` there is nothing but an empty `agent/skills`.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, every, type Timer } from '@mobyclaw/lib/clock';
import type { Logger } from '@mobyclaw/lib/logger';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { type OwnerSkill, ownerSkills, SKILLS_FOLDER } from '@mobyclaw/lib/skills/owner-skills';
import { publishedFiles } from '@mobyclaw/lib/skills/published-skill';
import type { Skill, SkillEntry } from '@mobyclaw/lib/skills/read-skill';
import { SkillError } from '@mobyclaw/lib/skills/skill-file';
import { hashesOf, SKILLS_LOCK } from '@mobyclaw/lib/skills/skill-lock';
import { keepVersion } from '@mobyclaw/lib/skills/skill-versions';

const SWEEP_MS = 1000;
const MOST_STAMPS = 5000; // more files than all skills together may have
/** From the agent's working folder, `sessions/work`; the same in containers and in local mode. */
const SEEN_BY_AGENT = '../../agent/skills';

export class SkillsPublication {
  readonly #home: string;
  readonly #logger: Logger;
  readonly #queue = new SerialQueue();
  /** What was written of each, by its hashes. */
  readonly #published = new Map<string, string>();
  #told = '';
  #stamp = '';
  #sweep: Timer | undefined;

  constructor(home: string, logger: Logger) {
    this.#home = home;
    this.#logger = logger;
  }

  /** Publishes, and again whenever a file of a skill or the lock has changed. @throws the file system's error */
  async start(clock: Clock, failed: (error: unknown) => void): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true }); // what is there may be another version's, or half of one
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    this.#stamp = this.#stampNow();
    await this.publish();
    this.#sweep = every(clock, SWEEP_MS, () => {
      const now = this.#stampNow();
      if (now === this.#stamp) return;
      this.#stamp = now;
      void this.publish().catch(failed);
    });
  }

  async close(): Promise<void> {
    this.#sweep?.cancel();
    await this.#queue.idle();
  }

  publish(): Promise<void> {
    return this.#queue.run(async () => {
      const skills = await this.#read();
      // Also what was approved before versions were kept.
      for (const { state, skill } of skills)
        if (skill && (state === 'on' || state === 'off')) await keepVersion(this.#home, skill);
      const on = skills.filter((entry): entry is OwnerSkill & { skill: Skill } => entry.state === 'on');
      const wanted = new Map(on.map(({ name, skill }) => [name, JSON.stringify(hashesOf(skill))]));
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      for (const name of await readdir(this.#folder)) {
        if (wanted.has(name) && wanted.get(name) === this.#published.get(name)) continue;
        this.#published.delete(name);
        await rm(join(this.#folder, name), { recursive: true, force: true });
      }
      for (const { name, skill } of on) {
        if (this.#published.get(name) === wanted.get(name)) continue;
        await this.#write(name, publishedFiles(skill, `${SEEN_BY_AGENT}/${name}`));
        this.#published.set(name, wanted.get(name) ?? '');
      }
    });
  }

  get #folder(): string {
    return join(this.#home, 'agent', SKILLS_FOLDER);
  }

  async #read(): Promise<OwnerSkill[]> {
    try {
      const skills = await ownerSkills(this.#home);
      this.#tell(
        skills
          .filter(({ state }) => state !== 'off')
          .map(({ name, state, problem }) => [name, state, problem]),
      );
      return skills;
    } catch (error) {
      if (!(error instanceof SkillError)) throw error;
      this.#tell(error.message);
      return [];
    }
  }

  /** Once, as long as it is the same. */
  #tell(skills: unknown): void {
    const said = JSON.stringify(skills);
    if (said === this.#told || (said === '[]' && this.#told === '')) return;
    this.#told = said;
    this.#logger.info({ skills }, 'skills read');
  }

  async #write(name: string, files: ReadonlyMap<string, SkillEntry>): Promise<void> {
    const made = join(this.#home, 'agent', `.skill-${name}`);
    await rm(made, { recursive: true, force: true });
    for (const [path, { bytes, executable }] of files) {
      const target = join(made, path);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await writeFile(target, bytes, { mode: 0o600, flag: 'wx' });
      if (executable) await chmod(target, 0o700);
    }
    await rename(made, join(this.#folder, name));
  }

  /** Of everything that counts: another one as soon as a byte of it was written, since no program can set `ctime`. */
  #stampNow(): string {
    const stamps: string[] = [];
    const look = (path: string): void => {
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat === undefined || stamps.length > MOST_STAMPS) return;
      stamps.push(`${path}:${stat.ino}:${stat.size}:${stat.mode}:${stat.ctimeMs}`);
      if (!stat.isDirectory()) return;
      try {
        for (const name of readdirSync(path).sort()) if (!name.startsWith('.')) look(join(path, name));
      } catch {
        stamps.push(`${path}: unreadable`); // reading it properly says why
      }
    };
    look(join(this.#home, SKILLS_LOCK));
    look(join(this.#home, SKILLS_FOLDER));
    return stamps.join('\n');
  }
}
