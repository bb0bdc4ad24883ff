/** Which messages of a person are one: pictures that were sent together, and a long text that the app has cut. */

import type { IncomingMessage } from '../channels/channel.ts';
import { readCommand } from '../commands/commands.ts';

const CUT_MS = 3000; // the platform's own times, which are whole seconds

/** The command that a message is, if it is one. If it has files or was forwarded, it is none. */
export function commandIn({ text, files, forwardedFrom }: IncomingMessage): ReturnType<typeof readCommand> {
  return files.length === 0 && forwardedFrom === undefined ? readCommand(text) : null;
}

/** Whether `later`, of the same person in the same chat, is more of what `earlier` is a part of. */
export function belongTogether(earlier: IncomingMessage, later: IncomingMessage): boolean {
  if (earlier.sender.id !== later.sender.id) return false;
  if (earlier.album !== undefined) return earlier.album === later.album;
  return earlier.unfinished === true && later.sentAt - earlier.sentAt <= CUT_MS && isBareText(later);
}

function isBareText(message: IncomingMessage): boolean {
  const { album, files, replyTo, forwardedFrom } = message;
  const bare = album === undefined && files.length === 0 && !replyTo && forwardedFrom === undefined;
  return bare && commandIn(message) === null;
}
