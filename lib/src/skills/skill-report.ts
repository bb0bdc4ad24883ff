/** What a skill is made of, as its owner has to see it before he gives it to Moby. */
import type { Skill, SkillEntry } from './read-skill.ts';

export interface SkillReport {
  files: { path: string; bytes: number; program: boolean }[];
  /** Hosts that its texts name, in order. */
  hosts: string[];
  /** Variables that its texts name and that look like secrets. */
  secrets: string[];
  /** Places that an engine would execute by itself while it reads them; in what Moby is given they are text. */
  commands: string[];
}

const MOST_NAMED = 50; // of each kind; more is no reading
const PROGRAM = /\.(sh|bash|zsh|fish|py|js|mjs|cjs|ts|rb|pl|php|ps1|bat|cmd|exe|jar|lua|awk|so|dylib|wasm)$/i;
const ADDRESS = /\b(?:https?|wss?|ssh|git|ftp):\/\/(?:[^\s/@"'`<>]*@)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)/gi;
const SECRET = /\b[A-Z][A-Z0-9_]*(?:_KEY|_TOKEN|_SECRET|_PASSWORD|_PASSWD|_CREDENTIALS?|_PAT|APIKEY)\b/g;
const COMMAND = /!`[^`\n]*`?|^[ \t]*(?:`{3,}|~{3,})!.*$/gm;

export function reportOf(skill: Skill): SkillReport {
  const texts = [...skill.files.values()].map(({ bytes }) => Buffer.from(bytes).toString('latin1'));
  const found = (pattern: RegExp, group: number): string[] => {
    const all = texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[group] ?? ''));
    return [...new Set(all)].sort().slice(0, MOST_NAMED);
  };
  return {
    files: [...skill.files].map(([path, entry]) => ({
      path,
      bytes: entry.bytes.length,
      program: isProgram(path, entry),
    })),
    hosts: [...new Set(found(ADDRESS, 1).map((host) => host.toLowerCase()))],
    secrets: found(SECRET, 0),
    commands: found(COMMAND, 0).map((place) => place.trim()),
  };
}

function isProgram(path: string, { bytes, executable }: SkillEntry): boolean {
  const begin = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
  return (
    executable ||
    PROGRAM.test(path) ||
    begin.startsWith('#!') ||
    begin === '\x7fELF' ||
    begin.startsWith('MZ')
  );
}
