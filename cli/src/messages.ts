import type { MessageView } from '@mobyclaw/protocol/session';
import { printable, styled, type Terminal } from './terminal.ts';
import { localTime } from './time.ts';

/** One message of a conversation as a paragraph for the terminal. */
export function renderMessage(terminal: Terminal, message: MessageView, timeZone: string): string {
  const at = localTime(message.at, timeZone);
  const dim = (text: string): string => styled(terminal, 'stdout', 'dim', text);
  if (message.role === 'marker') return `${dim(`── ${at}  a new conversation began ──`)}\n\n`;
  const who = message.role === 'user' ? 'You' : 'Moby';
  const sent = message.sentBy === undefined ? '' : dim(` (by himself: ${printable(message.sentBy)})`);
  const cut = message.incomplete ? dim(' (incomplete)') : '';
  return `${styled(terminal, 'stdout', 'bold', who)} ${dim(at)}${sent}${cut}\n${printable(message.text.trimEnd())}\n\n`;
}
