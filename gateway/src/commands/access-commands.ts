/** The owner's commands about who may talk to Moby. */
import { readPairingCode } from '../access/pairing-code.ts';
import type { Command } from './command.ts';

const NO_SUCH_CODE = 'No such code is waiting. /pairings shows those that are; a code lives for one hour.';

export const accessCommands: readonly Command[] = [
  {
    name: 'pairings',
    description: 'Who may talk to me, and who waits to be let in',
    ownerOnly: true,
    run({ kind }, { access }) {
      if (kind === 'group') return 'I show that in our direct messages only.';
      const pending = access.pending().map(({ code, platform, user, name }) => {
        return `- \`${code}\`: ${name} (${platform}:${user}) waits; \`/approve ${code}\``;
      });
      const people = access.people().map(({ platform, user, name, role }) => {
        return `- ${name} (\`${platform}:${user}\`), ${role}`;
      });
      const groups = access.groups().map(({ channel }) => `- \`${channel}\``);
      return [
        ['**Waiting**', ...(pending.length > 0 ? pending : ['- nobody'])].join('\n'),
        ['**Let in**', ...(people.length > 0 ? people : ['- nobody'])].join('\n'),
        ['**Groups**', ...(groups.length > 0 ? groups : ['- none'])].join('\n'),
      ].join('\n\n');
    },
  },
  {
    name: 'approve',
    description: 'Let somebody in: /approve CODE, or /approve CODE owner',
    ownerOnly: true,
    run({ text }, { access }) {
      const [code = '', role = ''] = text.trim().split(/\s+/);
      if (readPairingCode(code) === '') return 'Which code? `/approve CODE`';
      if (role !== '' && role !== 'owner' && role !== 'guest')
        return 'Write `/approve CODE`, or `/approve CODE owner`.';
      const approved = access.approve(code, role === '' ? 'guest' : role);
      if (!approved) return NO_SUCH_CODE;
      return `${approved.name} (${approved.platform}:${approved.user}) may talk to me now, as ${approved.role}.`;
    },
  },
  {
    name: 'revoke',
    description: 'Turn somebody away: /revoke CODE, or /revoke platform:user',
    ownerOnly: true,
    run({ text }, { access }) {
      const who = text.trim();
      if (who === '') return 'Whom? `/revoke CODE` or `/revoke telegram:12345`; /pairings shows them.';
      return access.revoke(who) ? `${who.slice(0, 80)} may not talk to me any more.` : NO_SUCH_CODE;
    },
  },
  {
    name: 'allow',
    description: 'In a group: let me answer here; "/allow all" without a mention too; "/allow off" ends it',
    ownerOnly: true,
    run({ kind, channel, text }, { access }) {
      if (kind === 'direct') return 'Send `/allow` in the group that it is for.';
      const how = text.trim().toLowerCase();
      if (how === 'off')
        return access.closeGroup(channel) ? 'I leave this group alone from now on.' : 'I did not talk here.';
      if (how !== '' && how !== 'all') return 'Write `/allow`, `/allow all` or `/allow off`.';
      access.allowGroup(channel, how !== 'all');
      return how === 'all'
        ? 'I answer everything that is written here from now on.'
        : 'I answer here from now on, whenever somebody mentions me or replies to me.';
    },
  },
];
