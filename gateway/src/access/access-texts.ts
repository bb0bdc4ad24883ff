/** What Moby says about who may talk to him, in Markdown: to strangers, to the owner about them, and in groups that are closed. */
import { plainName } from '@mobyclaw/lib/plain-name';
import type { ChannelKey } from '../channels/channel.ts';
import { commandSign } from '../channels/command-sign.ts';
import type { PairingRow, Role } from '../store/access-store.ts';

export const TOO_FAST =
  'You write faster than I can follow, so I did not take your last message. Wait a minute, then send it again.';

export const NO_PLACE =
  'Hello! I am Moby, and I only talk to people whom my owner let in. Others wait for that, and I cannot take one more at the moment. Please write again in an hour. What you wrote was not kept.';

/** A name that somebody gave himself, as text that can be nothing but text. */
export function nameText(name: string): string {
  return `\`${plainName(name.replaceAll('`', ' '))}\``;
}

export function codeAnswer({ code, user, channel }: PairingRow): string {
  return [
    `Hello! I am Moby, and I only talk to people whom my owner let in. Your code is **${code}**, for one hour.`,
    `My owner enters it with \`mobyclaw channels approve ${code}\`, or sends me \`${commandSign(channel)}approve ${code}\`.`,
    `Your id here is ${user}. What you wrote was not kept; send it again once you are in.`,
  ].join('\n\n');
}

export function pairingNotice({ code, platform, user, name }: PairingRow, owner: ChannelKey): string {
  const sign = commandSign(owner);
  return [
    `${nameText(name)} (\`${platform}:${user}\`) wants to talk to me; the code is **${code}**, for one hour.`,
    `\`${sign}approve ${code}\` lets them in as a guest, \`${sign}reject ${code}\` keeps them away for a week. Anybody can take any name, so ask whoever you think it is for the code.`,
  ].join('\n\n');
}

export function fullNotice(platform: string, owner: ChannelKey): string {
  const sign = commandSign(owner);
  return `More people on ${platform} ask to talk to me than I let wait. \`${sign}pairings\` shows who waits; \`${sign}reject CODE\` makes room for others.`;
}

export function closedGroup(group: ChannelKey): string {
  return `I do not talk in this group yet. Send \`${commandSign(group)}allow\` here, and I answer whoever mentions me or replies to me. On your machine it is \`mobyclaw channels allow ${group}\`.`;
}

export function welcome(role: Role, channel: ChannelKey): string {
  const as = role === 'owner' ? ' as my owner' : '';
  return `You are in${as}. Write to me what you need; \`${commandSign(channel)}help\` shows the commands.`;
}

/** To an edit of a message whose turn has begun. */
export const EDITED_TOO_LATE =
  'That change came too late: I had begun to answer the earlier version. Please send the new one as a message of its own.';
