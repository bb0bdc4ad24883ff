/** Skills: what Moby knows how to do beyond himself. Nothing is given to him that its owner has not seen, byte for byte. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  approveSkill,
  placeSkill,
  removeSkill,
  switchSkill,
  undoSkill,
} from '@mobyclaw/lib/skills/approve-skill';
import { MOST_SKILLS, type OwnerSkill, ownerSkills, SKILLS_FOLDER } from '@mobyclaw/lib/skills/owner-skills';
import { type Skill, skillOf } from '@mobyclaw/lib/skills/read-skill';
import { SKILL_FILE, SkillError, skillNameFault } from '@mobyclaw/lib/skills/skill-file';
import { changesSince } from '@mobyclaw/lib/skills/skill-lock';
import { skillView, versionViews } from '@mobyclaw/lib/skills/skill-view';
import { CliError, EXIT, type ExitCode } from '../cli-error.ts';
import { type Define, type JsonOption, withJson } from '../command.ts';
import type { Context } from '../context.ts';
import { findSkill, shippedSkills } from '../skills/skill-source.ts';
import { changedLines, originText, type ShownSkill, skillText } from '../skills/skill-text.ts';
import { cell, columnsOf, print, printJson, say, table } from '../terminal.ts';

interface YesOption {
  yes?: true;
}

interface AddOptions extends YesOption {
  only?: string;
}

const YES = ['-y, --yes', 'ask nothing: you have read it'] as const;

export const command: Define = (target, context, exit) => {
  const run = (work: () => Promise<ExitCode>): Promise<void> => explained(work).then(exit);
  withJson(target.command('list', { isDefault: true }))
    .description('list them, and how each stands')
    .action((options: JsonOption) => run(() => list(context, options)));
  withJson(target.command('show <name>'))
    .description('what it is made of, and what differs from when you saw it last')
    .action((name: string, options: JsonOption) => run(() => show(context, name, options)));
  target
    .command('add <source>')
    .description(
      'one that comes with Mobyclaw, a folder, the address of a git repository (#branch), or an archive (.tar.gz, .zip)',
    )
    .option('--only <name>', 'which one, where there are several')
    .option(...YES)
    .action((source: string, options: AddOptions) => run(() => add(context, source, options)));
  target
    .command('update <name>')
    .description('fetch it again from where it came')
    .option(...YES)
    .action((name: string, options: YesOption) => run(() => update(context, name, options)));
  target
    .command('remove <name>')
    .description('delete it')
    .action((name: string) => run(() => remove(context, name)));
  target
    .command('enable <name>')
    .description('give it to Moby, as it is now')
    .option(...YES)
    .action((name: string, options: YesOption) => run(() => enable(context, name, options)));
  target
    .command('disable <name>')
    .description('take it from Moby; it stays where it is')
    .action((name: string) => run(() => disable(context, name)));
  withJson(target.command('versions <name>'))
    .description('what you have approved of it, the newest first')
    .action((name: string, options: JsonOption) => run(() => versions(context, name, options)));
  target
    .command('undo <name>')
    .description('go back to what you had approved before; again, and it is as it was')
    .option('--to <version>', 'to this one, as versions lists it')
    .action((name: string, { to }: { to?: string }) => run(() => undo(context, name, to)));
  target
    .command('new <name>')
    .description('begin one of your own')
    .action((name: string) => run(() => begin(context, name)));
};

const STATES: Record<OwnerSkill['state'], string> = {
  on: 'on',
  off: 'off',
  new: 'off, not seen yet',
  changed: 'off, changed since you saw it',
  broken: 'off, cannot be read',
  missing: 'off, its folder is gone',
};

async function list({ data, terminal, checkout }: Context, { json }: JsonOption): Promise<ExitCode> {
  const skills = await ownerSkills(data.root);
  if (json) {
    printJson(terminal, skills.map(skillView));
    return EXIT.ok;
  }
  const rows = skills.map(({ name, state, skill, problem }) => [
    cell(name, 64),
    STATES[state],
    cell(problem ?? skill?.description ?? '', 200),
  ]);
  if (rows.length > 0) print(terminal, table([['NAME', 'STATE', 'IS FOR'], ...rows], columnsOf(terminal)));
  else say(terminal, 'Moby has no skills yet.');
  const others = shippedSkills(checkout).filter((name) => !skills.some((skill) => skill.name === name));
  if (others.length > 0) say(terminal, `With Mobyclaw come ${others.join(', ')}: ./mobyclaw skills add NAME`);
  return EXIT.ok;
}

async function show({ data, terminal }: Context, name: string, { json }: JsonOption): Promise<ExitCode> {
  const found = await named(data.root, name);
  if (json) {
    printJson(terminal, skillView(found));
    return EXIT.ok;
  }
  if (!found.skill)
    throw new CliError(found.problem ?? `The folder of ${name} is gone. Remove it, or update it.`);
  print(terminal, skillText(shown(found, found.skill), columnsOf(terminal)));
  print(terminal, `\n${cell(found.skill.name)} is ${STATES[found.state]}.`);
  return EXIT.ok;
}

async function add(context: Context, wanted: string, options: AddOptions): Promise<ExitCode> {
  const { data, checkout, terminal } = context;
  const { skill, source } = await findSkill(wanted, { checkout, env: terminal.env, only: options.only });
  const skills = await ownerSkills(data.root);
  if (skills.length >= MOST_SKILLS && !skills.some(({ name }) => name === skill.name))
    throw new CliError(`There are ${skills.length} skills already, which is the most. Remove one first.`);
  return await take(context, skill, source, options);
}

async function update(context: Context, name: string, options: YesOption): Promise<ExitCode> {
  const { data, checkout, terminal } = context;
  const { locked } = await named(data.root, name);
  if (!locked)
    throw new CliError(`Nobody knows where ${name} came from. Add it again: ./mobyclaw skills add SOURCE`);
  if (locked.source === join(SKILLS_FOLDER, name))
    throw new CliError(`${name} is your own; there is nothing to update it from.`);
  const { skill, source } = await findSkill(locked.source, { checkout, env: terminal.env, only: name });
  if (skill.name !== name)
    throw new CliError(
      `What is there now is named ${skill.name}. Add it by itself: ./mobyclaw skills add ${source}`,
    );
  return await take(context, skill, source, options);
}

/** Shows it, asks, and puts it in place. */
async function take(context: Context, skill: Skill, source: string, { yes }: YesOption): Promise<ExitCode> {
  const { data, terminal, clock } = context;
  const before = (await ownerSkills(data.root)).find(({ name }) => name === skill.name);
  const changes = before?.locked ? changesSince(before.locked, skill) : null;
  if (before?.state === 'on' && changes === null) {
    say(terminal, `${skill.name} is the same as the one that Moby has.`);
    return EXIT.ok;
  }
  print(terminal, skillText({ skill, source, changes }, columnsOf(terminal)));
  for (const path of changes?.changed ?? []) {
    const lines = changedLines(
      join(data.root, SKILLS_FOLDER, skill.name, path),
      skill.files.get(path)?.bytes ?? Buffer.alloc(0),
    );
    if (lines.length > 0) print(terminal, `\n${path}\n${lines.join('\n')}`);
  }
  await consent(context, skill.name, yes);
  await placeSkill(data.root, skill);
  await approveSkill(data.root, skill, clock.now(), { source });
  say(terminal, `Moby has ${skill.name} now; it counts from the next conversation on, /new begins one.`);
  return EXIT.ok;
}

async function enable(context: Context, name: string, { yes }: YesOption): Promise<ExitCode> {
  const { data, terminal, clock } = context;
  const found = await named(data.root, name);
  const { skill, state } = found;
  if (!skill) throw new CliError(found.problem ?? `The folder of ${name} is gone. Add it again.`);
  if (state === 'off') await switchSkill(data.root, name, true);
  else if (state !== 'on') {
    print(terminal, skillText(shown(found, skill), columnsOf(terminal)));
    await consent(context, name, yes);
    await approveSkill(data.root, skill, clock.now());
  }
  say(terminal, state === 'on' ? `${name} is on already.` : `${name} is on.`);
  return EXIT.ok;
}

async function disable({ data, terminal }: Context, name: string): Promise<ExitCode> {
  const { locked } = await named(data.root, name);
  if (locked) await switchSkill(data.root, name, false);
  say(terminal, `${name} is off.`);
  return EXIT.ok;
}

async function remove({ data, terminal }: Context, name: string): Promise<ExitCode> {
  await named(data.root, name);
  await removeSkill(data.root, name);
  say(terminal, `${name} is removed.`);
  return EXIT.ok;
}

async function versions({ data, terminal }: Context, name: string, { json }: JsonOption): Promise<ExitCode> {
  const { locked } = await named(data.root, name);
  const views = locked ? versionViews(locked) : [];
  if (json) {
    printJson(terminal, views);
    return EXIT.ok;
  }
  if (views.length === 0) throw new CliError(`You have not approved anything of ${name} yet.`);
  const rows = views.map(({ id, seen, source, origin, current }) => [
    id.slice(0, 8),
    current ? `${seen} (in force)` : seen,
    cell(originText(source, origin), 300),
  ]);
  print(terminal, table([['VERSION', 'APPROVED', 'FROM'], ...rows], columnsOf(terminal)));
  return EXIT.ok;
}

async function undo({ data, terminal }: Context, name: string, to: string | undefined): Promise<ExitCode> {
  await named(data.root, name);
  const { seen } = await undoSkill(data.root, name, to);
  say(terminal, `${name} is as you approved it at ${seen}; again, and it is as it was.`);
  return EXIT.ok;
}

const TEMPLATE = (name: string): string => `---
name: ${name}
description: What it is for and when to use it, in one or two sentences. Moby sees nothing but this until he needs it.
---

# ${name}

1. What to do first.
2. What to do then. Name files beside this one by their names, such as scripts/fetch.sh.
`;

async function begin({ data, terminal }: Context, name: string): Promise<ExitCode> {
  const fault = skillNameFault(name);
  if (fault !== null) throw new CliError(`The name of a skill ${fault}, not ${JSON.stringify(name)}.`);
  const folder = join(data.root, SKILLS_FOLDER, name);
  if (existsSync(folder)) throw new CliError(`There is a skill ${name} already: ${folder}`);
  const files = new Map([[SKILL_FILE, { bytes: Buffer.from(TEMPLATE(name)), executable: false }]]);
  await placeSkill(data.root, skillOf(files, name));
  say(terminal, `Write it in ${join(folder, SKILL_FILE)}, then: ./mobyclaw skills enable ${name}`);
  return EXIT.ok;
}

async function named(home: string, name: string): Promise<OwnerSkill> {
  const skills = await ownerSkills(home);
  const found = skills.find((skill) => skill.name === name);
  if (found) return found;
  const others =
    skills.length === 0 ? 'There are none.' : `There are: ${skills.map((skill) => skill.name).join(', ')}.`;
  throw new CliError(`There is no skill ${JSON.stringify(name)}. ${others}`);
}

function shown({ name, locked, changes }: OwnerSkill, skill: Skill): ShownSkill {
  return { skill, source: locked?.source ?? join(SKILLS_FOLDER, name), origin: locked?.origin, changes };
}

/** @throws CliError where the owner does not want it, or cannot be asked */
async function consent({ terminal }: Context, name: string, yes: true | undefined): Promise<void> {
  if (yes) return;
  if (!terminal.stdin.isTTY || !terminal.stderr.isTTY)
    throw new CliError(`Nothing was changed. If you have read what ${name} is, add --yes.`);
  const { Ask } = await import('../init/ask.ts');
  const said = await new Ask(terminal).yes(
    `Give ${name} to Moby? He will follow what it says, as you would read it.`,
    false,
  );
  if (!said) throw new CliError('Nothing was changed.');
}

async function explained(work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SkillError) throw new CliError(error.message, { cause: error });
    throw error;
  }
}
