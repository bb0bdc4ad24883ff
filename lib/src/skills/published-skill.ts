/**
 * A skill as the agent is given it: `SKILL.md` with a head of its name and its description alone, so that no other key of it
 * makes an engine do anything, and with no line that an engine would execute when it reads the text: cagent since 1.32.5 runs
 * what stands between the backticks of !`…`. Below it stands where its other files lie, since not every engine says so.
 */
import { charsWithin, estimateTokens } from '../token-estimate.ts';
import type { Skill, SkillEntry } from './read-skill.ts';
import { SKILL_FILE } from './skill-file.ts';

/** Of a name and a description; with what engines put around them, it is less than 100 a skill. */
const CATALOGUE_TOKENS = 70;
const TEXT_FILE = /\.(md|markdown|txt)$/i;

/** @param at folder of the skill, as the agent's shell finds it */
export function publishedFiles(skill: Skill, at: string): Map<string, SkillEntry> {
  const files = new Map<string, SkillEntry>();
  for (const [path, entry] of skill.files) {
    if (path === SKILL_FILE) continue;
    files.set(path, TEXT_FILE.test(path) ? withoutCommandsIn(entry) : entry);
  }
  const { name, body } = skill;
  const head = `---\nname: ${name}\ndescription: ${JSON.stringify(catalogueText(skill))}\n---\n`;
  const others = [...files.keys()].map((path) => `- ${at}/${path}`);
  const tail =
    others.length === 0 ? '' : `\n\nFiles of this skill, from your working folder:\n${others.join('\n')}\n`;
  const bytes = Buffer.from(head + withoutCommands(body).trimEnd() + tail);
  files.set(SKILL_FILE, { bytes, executable: false });
  return files;
}

/** The description as a catalogue shows it: one line, short, and with no sign that could end the entry that it stands in. */
function catalogueText({ name, description }: Pick<Skill, 'name' | 'description'>): string {
  const line = description
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\s]+/gu, ' ')
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .trim();
  const most = CATALOGUE_TOKENS - estimateTokens(name);
  if (estimateTokens(line) <= most) return line;
  const cut = line.slice(0, charsWithin(line, most - 1)).toWellFormed();
  return `${cut.trimEnd()}…`;
}

/** The same text with a space where an engine would see an order to execute what follows. */
function withoutCommands(text: string): string {
  return text.replaceAll('!`', '! `').replace(/^([ \t]*(?:`{3,}|~{3,}))!/gm, '$1 !');
}

function withoutCommandsIn(entry: SkillEntry): SkillEntry {
  const { bytes } = entry;
  const text = Buffer.from(bytes).toString('latin1'); // one character a byte, so that nothing else is changed
  return { ...entry, bytes: Buffer.from(withoutCommands(text), 'latin1') };
}
