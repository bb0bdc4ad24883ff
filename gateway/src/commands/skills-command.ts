/** `/skills`: what Moby knows how to do beyond himself. One that its owner has not seen is not switched on from here. */
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { plainName, quotedName } from '@mobyclaw/lib/plain-name';
import type { SkillDetail, SkillView } from '@mobyclaw/protocol/skill';
import { MemoryAwayError } from '../parts/owner-memory.ts';
import type { Command } from './command.ts';

const STATES: Record<SkillView['state'], string> = {
  on: 'on',
  off: 'off',
  new: 'off, you have not seen it yet',
  changed: 'off, changed since you saw it',
  broken: 'off, cannot be read',
  missing: 'off, its folder is gone',
};

export const skillsCommand: Command = {
  name: 'skills',
  usage: '[enable | disable | versions | undo] NAME',
  description: 'What I know how to do beyond myself',
  ownerOnly: true,
  menu: true,
  async run({ kind, text, sign }, { memory }) {
    if (kind === 'group') return 'I tell of my skills in our direct messages only.';
    const [verb = '', name, ...rest] = text.trim().split(/\s+/);
    try {
      if (verb === '') return shown((await memory.skills()).items);
      if (!/^(enable|disable|versions|undo)$/.test(verb) || name === undefined || rest.length > 0)
        return `Write \`${sign}skills\`, or \`enable\`, \`disable\`, \`versions\` or \`undo\` and a name behind it, such as \`${sign}skills undo NAME\`.`;
      if (verb === 'versions') return versionsText(await memory.skill(name));
      if (verb === 'undo') {
        const [now] = (await memory.undoSkill(name)).versions;
        return `${quotedName(name)} is as you approved it at ${now?.seen}; \`${sign}skills undo ${plainName(name)}\` once more, and it is as it was.`;
      }
      await memory.switchSkill(name, verb === 'enable');
      return `${quotedName(name)} is ${verb === 'enable' ? 'on; it counts from the next conversation on' : 'off'}.`;
    } catch (error) {
      if (error instanceof HttpProblem || error instanceof MemoryAwayError) return `⚠️ ${error.message}`;
      throw error;
    }
  },
};

function shown(skills: readonly SkillView[]): string {
  if (skills.length === 0) return 'I have none yet. `./mobyclaw skills add NAME` gives me one.';
  return skills
    .map(({ name, state }) => `- \`${plainName(name).replaceAll('`', '')}\`: ${STATES[state]}`)
    .join('\n');
}

function versionsText({ name, versions }: SkillDetail): string {
  if (versions.length === 0) return `You have approved nothing of ${quotedName(name)} yet.`;
  return versions
    .map(({ id, seen, source, origin, current }) => {
      const from = origin ? `I wrote it in ${quotedName(origin.session)}` : quotedName(source);
      return `- \`${id.slice(0, 8)}\` ${seen}, ${from}${current ? ', in force' : ''}`;
    })
    .join('\n');
}
