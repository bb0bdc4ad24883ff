/** The prompt of a turn, of the messages that it is made of and of what was spoken in them. */

import type { IncomingMessage } from '../channels/channel.ts';
import type { Piece } from '../store/piece-store.ts';
import { BARE_FILE } from '../turns/attachments.ts';

const MOST_CHARS = 4096; // of a message of Telegram, the only platform whose apps cut texts
const BREAK = '\n\n';

/** @param messages in their order, each with the key of its arrival */
export function piecesOf(
  messages: readonly { key: string; message: IncomingMessage }[],
  spoken: readonly string[],
): Piece[] {
  const said = messages.map(({ key, message }, index) => {
    const earlier = messages[index - 1]?.message;
    return { key, text: message.text, before: earlier?.unfinished ? seam(earlier, message) : BREAK };
  });
  return [...said, ...spoken.map((text) => ({ key: '', text, before: BREAK }))];
}

/** Apps cut a long text at white space and drop that; if there is none, they cut within a word. */
function seam(earlier: IncomingMessage, later: IncomingMessage): string {
  const cutHard = earlier.text.length === MOST_CHARS && !/\s$/.test(earlier.text) && !/^\s/.test(later.text);
  return cutHard ? '' : '\n';
}

/** @returns an empty text where nothing was said */
export function joinPieces(pieces: readonly Piece[]): string {
  let prompt = '';
  for (const { before, text } of pieces) {
    if (text.trim() !== '') prompt += prompt === '' ? text : before + text;
  }
  return prompt;
}

/**
 * @param bare what the model is told where there are no words, but perhaps files
 * @returns what the model is told
 */
export function promptOf(pieces: readonly Piece[], hasFiles: boolean, bare = ''): string {
  return joinPieces(pieces) || bare || (hasFiles ? BARE_FILE : '');
}
