/** The owner's commands about who may talk to Moby. */
import { nameText } from '../access/access-texts.ts';
import { readPairingCode } from '../access/pairing-code.ts';
import type { Command } from './command.ts';

export const accessCommands: readonly Command[] = [
  {
    name: 'pairings',
    description: 'Who may talk to me, and who waits to be let in',
    ownerOnly: true,
    run({ kind, sign }, { access }) {
      if (kind === 'group') return 'I show that in our direct messages only.';
      const pending = access.pending().map(({ code, platform, user, name }) => {
        return `${nameText(name)} (\`${platform}:${user}\`); \`${sign}approve ${code}\` or \`${sign}reject ${code}\``;
      });
      const people = access.people().map(({ platform, user, name, role }) => {
        return `${nameText(name)} (\`${platform}:${user}\`), ${role}`;
      });
      const groups = access.groups().map(({ channel, mention }) => {
        return `\`${channel}\`, ${mention ? 'mentions and replies' : 'everything'}`;
      });
      const closed = access.closedGroups().map(({ channel, title }) => {
        return title === '' ? `\`${channel}\`` : `\`${channel}\`, ${nameText(title)}`;
      });
      const lists = [list('Waiting', pending, 'nobody'), list('Let in', people, 'nobody')];
      lists.push(list('Groups', groups, 'none'));
      if (closed.length > 0) {
        lists.push(
          list(`Closed groups in which somebody spoke to me (\`${sign}allow\` there opens one)`, closed),
        );
      }
      return lists.join('\n\n');
    },
  },
  {
    name: 'approve',
    usage: 'CODE [owner]',
    description: 'Let somebody in',
    ownerOnly: true,
    run({ text, sign }, { decisions }) {
      const [code = '', role = ''] = text.trim().split(/\s+/);
      if (readPairingCode(code) === '') return `Which code? \`${sign}approve CODE\``;
      if (role !== '' && role !== 'owner' && role !== 'guest')
        return `Write \`${sign}approve CODE\`, or \`${sign}approve CODE owner\`.`;
      const approved = decisions.approve(code, role === '' ? 'guest' : role);
      if (!approved || approved === 'role-needed') return noSuchCode(sign); // a role is always given here
      const { name, platform, user } = approved;
      return `${nameText(name)} (\`${platform}:${user}\`) may talk to me now, as ${approved.role}.`;
    },
  },
  {
    name: 'reject',
    usage: 'CODE',
    description: 'Turn somebody away who waits; I do not answer them for a week',
    ownerOnly: true,
    run({ text, sign }, { decisions }) {
      if (readPairingCode(text) === '') return `Which code? \`${sign}reject CODE\``;
      const rejected = decisions.reject(text);
      if (!rejected) return noSuchCode(sign);
      return `${nameText(rejected.name)} (\`${rejected.platform}:${rejected.user}\`) hears nothing from me for a week.`;
    },
  },
  {
    name: 'revoke',
    usage: 'PLATFORM:USER',
    description: 'Shut somebody out who is in',
    ownerOnly: true,
    run({ text, sign }, { decisions }) {
      const who = text.trim();
      if (who === '') {
        return `Whom? \`${sign}revoke telegram:12345\`; \`${sign}pairings\` shows them.`;
      }
      const revoked = decisions.revoke(who);
      switch (revoked.kind) {
        case 'revoked':
          return `${nameText(who)} may not talk to me any more. What they had asked is stopped.${paused(revoked.schedules)}`;
        case 'rejected':
          return `${nameText(revoked.pairing.name)} hears nothing from me for a week.`;
        case 'named':
          return `${nameText(who)} is named in ${revoked.variable}; remove it there and restart me.`;
        case 'unknown':
          return `There is nobody called ${nameText(who)}. \`${sign}pairings\` shows who is in.`;
      }
    },
  },
  {
    name: 'allow',
    usage: '[all | off]',
    description: 'In a group: answer here if mentioned; all: without a mention too; off: not any more',
    ownerOnly: true,
    run({ kind, channel, text, sign }, { decisions }) {
      if (kind === 'direct') return `Send \`${sign}allow\` in the group that it is for.`;
      const how = text.trim().toLowerCase();
      if (how === 'off') {
        const schedules = decisions.closeGroup(channel);
        if (schedules === null) return 'I did not talk here.';
        return `I leave this group alone from now on.${paused(schedules)}`;
      }
      if (how !== '' && how !== 'all')
        return `Write \`${sign}allow\`, \`${sign}allow all\` or \`${sign}allow off\`.`;
      decisions.allowGroup(channel, how !== 'all');
      return how === 'all'
        ? 'I answer everything that is written here from now on.'
        : 'I answer here from now on, whenever somebody mentions me or replies to me.';
    },
  },
];

function list(title: string, items: readonly string[], none = ''): string {
  return [`**${title}**`, ...(items.length > 0 ? items : [none]).map((item) => `- ${item}`)].join('\n');
}

function paused(schedules: number): string {
  if (schedules === 0) return '';
  return schedules === 1 ? ' One schedule is paused by that.' : ` ${schedules} schedules are paused by that.`;
}

function noSuchCode(sign: string): string {
  return `No such code is waiting. \`${sign}pairings\` shows those that are; a code lives for one hour.`;
}
