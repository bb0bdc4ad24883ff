/**
 * Skills as cagent gives them to its agents: a catalogue in the instructions and `read_skill`, which returns a SKILL.md as it
 * stands. They are looked for where its newer versions look: in the folder `skills` of DOCKER_AGENT_KIT_DIR, and nowhere else.
 * What lies there was put there by memory, so it is read without suspicion; a skill that is just being replaced is left out.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSkillFile, SKILL_FILE, SkillError } from '@mobyclaw/lib/skills/skill-file';
import * as z from 'zod';
import { type AgentTool, builtInTool } from './tool.ts';

interface Found {
  name: string;
  description: string;
  /** Another one as soon as the file is. */
  stamp: string;
}

/** @param wanted true for all, or the names of some; `local` means all too */
export class SkillsToolset {
  readonly #folder: string;
  readonly #wanted: true | readonly string[];
  readonly #known = new Map<string, Found>();
  #catalogue = '';
  #tools: readonly AgentTool[] = [];

  constructor(kit: string, wanted: true | readonly string[]) {
    this.#folder = join(kit, 'skills');
    this.#wanted = wanted === true || wanted.includes('local') ? true : wanted;
  }

  /** In the order of their names and the same as long as they are: a provider may cache what begins with it. */
  get instructions(): string {
    return this.#catalogue;
  }

  /** None where there is no skill; the same array as long as the skills are the same. */
  async tools(): Promise<readonly AgentTool[]> {
    const catalogue = catalogueOf(await this.#find());
    if (catalogue === this.#catalogue) return this.#tools;
    this.#catalogue = catalogue;
    this.#tools = catalogue === '' ? [] : [this.#readSkill()];
    return this.#tools;
  }

  async #find(): Promise<Found[]> {
    const names = await readdir(this.#folder).catch(noneIfMissing);
    const found: Found[] = [];
    for (const name of names.sort()) {
      if (name.startsWith('.') || (this.#wanted !== true && !this.#wanted.includes(name))) continue;
      const skill = await this.#look(name);
      if (skill) found.push(skill);
    }
    return found;
  }

  async #look(name: string): Promise<Found | null> {
    const path = join(this.#folder, name, SKILL_FILE);
    try {
      const { ino, size, ctimeMs } = await stat(path);
      const stamp = `${ino}:${size}:${ctimeMs}`;
      const known = this.#known.get(name);
      if (known?.stamp === stamp) return known;
      const { description } = parseSkillFile(await readFile(path));
      const found = { name, description, stamp };
      this.#known.set(name, found);
      return found;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (error instanceof SkillError || code === 'ENOENT' || code === 'ENOTDIR') return null;
      throw error;
    }
  }

  #readSkill(): AgentTool {
    return builtInTool({
      name: 'read_skill',
      category: 'skills',
      title: 'Read Skill',
      description:
        "Read the content of a skill by name. Use this when a user's request matches an available skill.",
      readOnly: true,
      input: z.strictObject({ name: z.string().describe('The name of the skill to read') }),
      run: async ({ name }) => {
        const found = (await this.#find()).find((skill) => skill.name === name);
        if (!found) throw new Error(`skill "${name}" not found`);
        return readFile(join(this.#folder, name, SKILL_FILE), 'utf8');
      },
    });
  }
}

function catalogueOf(skills: readonly Found[]): string {
  if (skills.length === 0) return '';
  const entries = skills.map(
    ({ name, description }) =>
      `  <skill>\n    <name>${name}</name>\n    <description>${description}</description>\n  </skill>`,
  );
  return (
    "Skills are instructions for certain tasks. When what is asked matches a skill's description, load it with " +
    `read_skill first and follow it.\n\n<available_skills>\n${entries.join('\n')}\n</available_skills>`
  );
}

function noneIfMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
