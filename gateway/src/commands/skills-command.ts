/** `/skills`: what Moby knows how to do beyond himself. One that its owner has not seen is not switched on from here. */
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { plainName, quotedName } from '@mobyclaw/lib/plain-name';
import type { SkillView } from '@mobyclaw/protocol/skill';
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
  usage: '[enable NAME | disable NAME]',
  description: 'What I know how to do beyond myself',
  ownerOnly: true,
  menu: true,
  async run({ kind, text, sign }, { memory }) {
    if (kind === 'group') return 'I tell of my skills in our direct messages only.';
    const [verb = '', name, ...rest] = text.trim().split(/\s+/);
    try {
      if (verb === '') return shown((await memory.skills()).items);
      const isKnown = verb === 'enable' || verb === 'disable';
      if (!isKnown || name === undefined || rest.length > 0)
        return `Write \`${sign}skills\`, \`${sign}skills enable NAME\` or \`${sign}skills disable NAME\`.`;
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
