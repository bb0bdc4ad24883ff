/** What a skill is, as text for its owner before he decides. */
import { existsSync, readFileSync } from 'node:fs';
import type { Skill } from '@mobyclaw/lib/skills/read-skill';
import type { SkillChanges } from '@mobyclaw/lib/skills/skill-lock';
import { reportOf } from '@mobyclaw/lib/skills/skill-report';
import type { SkillMark, SkillOrigin } from '@mobyclaw/protocol/skill';
import { cell, printable, table } from '../terminal.ts';

const MOST_DESCRIPTION = 1024;

export interface ShownSkill {
  skill: Skill;
  source: string;
  /** Of one that Moby wrote. */
  origin?: SkillOrigin | undefined;
  changes: SkillChanges | null;
}

export function skillText(
  { skill, source, origin, changes }: ShownSkill,
  columns: number | undefined,
): string {
  const { files, hosts, secrets, commands } = reportOf(skill);
  const { name, description, license, compatibility, allowedTools, metadata } = skill;
  const rows: [string, string][] = [
    ['skill', name],
    ['is for', cell(description, MOST_DESCRIPTION)],
    ['from', cell(originText(source, origin), 300)],
  ];
  const put = (what: string, text: string | undefined): void => {
    if (text) rows.push([what, cell(text, 2000)]);
  };
  put('license', license);
  put('needs', compatibility);
  put(
    'says of itself',
    Object.entries(metadata)
      .map(([key, value]) => `${key}: ${value}`)
      .join('; '),
  );
  put('tools', allowedTools && `${allowedTools} (it asks for them; your permissions in soul.yaml decide)`);
  put('files', files.map(({ path, bytes }) => `${path} (${bytes} bytes)`).join(', '));
  put(
    'programs',
    files
      .filter(({ program }) => program)
      .map(({ path }) => path)
      .join(', '),
  );
  put(
    'hosts',
    hosts.length > 0
      ? `${hosts.join(', ')} (named in it, not opened by it: ./mobyclaw egress allow HOST)`
      : '',
  );
  put(
    'secrets',
    secrets.length > 0
      ? `${secrets.join(', ')} (named in it, not given to it: credentials.env has what you give)`
      : '',
  );
  put(
    'would execute',
    commands.length > 0
      ? `${commands.join(' · ')} (some engines run this on reading; Moby is given it as text)`
      : '',
  );
  if (changes) {
    put('added', changes.added.join(', '));
    put('changed', changes.changed.join(', '));
    put('removed', changes.removed.join(', '));
  }
  return table(rows, columns);
}

const MARKS: Record<SkillMark, string> = {
  guest: 'words of a guest',
  webhook: 'what a webhook sent',
  page: 'pages, files or mails of others',
};

/** Where a version came from, in words. */
export function originText(source: string, origin: SkillOrigin | undefined): string {
  if (!origin) return source;
  const { session, turn, marks = [] } = origin;
  const held =
    marks.length === 0 ? '' : `, who had ${marks.map((mark) => MARKS[mark]).join(' and ')} in sight`;
  return `Moby, in ${session}${turn === undefined ? '' : ` (turn ${turn})`}${held}`;
}

/** Lines of a text file that are other than before, such as of an update; nothing where there is no file to compare with. */
export function changedLines(before: string, after: Uint8Array, most = 40): string[] {
  if (!existsSync(before)) return [];
  const [then, now] = [readFileSync(before, 'utf8'), Buffer.from(after).toString('utf8')].map((text) =>
    text.split('\n'),
  );
  const old = new Set(then);
  const fresh = new Set(now);
  const lines = [
    ...(then ?? []).filter((line) => !fresh.has(line)).map((line) => `- ${line}`),
    ...(now ?? []).filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ].map((line) => printable(line));
  return lines.length > most ? [...lines.slice(0, most), `… ${lines.length - most} lines more`] : lines;
}
