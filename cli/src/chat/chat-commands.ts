/** What a line that begins with "/" does in a chat: leaving is the terminal's own, all else the gateway's, as in a messenger. */
import type { GatewayClient } from '../gateway-client.ts';
import { runCommand } from '../typed-command.ts';

export interface ChatCommandContext {
  gateway: GatewayClient;
  session: string;
  say: (text: string) => void;
  leave: () => void;
}

type ChatCommand = (context: ChatCommandContext) => Promise<void> | void;

const HELP = [
  '',
  '- `/exit`: Leave (also Ctrl-D)',
  '',
  'Ctrl-C stops the answer; once more, or at an empty prompt, it leaves. A line that ends in \\ goes on in the next one; a',
  'text pasted from elsewhere may have several lines.',
].join('\n');

/** @returns the command that a whole message is, or null where it is for the model */
export function chatCommand(text: string): ChatCommand | null {
  const match = /^\/([a-z]{1,32})(?:\s|$)/.exec(text.trim());
  if (!match || (match[0].trim() !== text.trim() && text.trim().includes('\n'))) return null;
  const [, name] = match;
  if (name === 'exit') return ({ leave }) => leave();
  return async ({ gateway, session, say }) => {
    const answer = await runCommand(gateway, session, text.trim());
    if (answer !== null) say(name === 'help' ? `${answer}${HELP}` : answer);
    else
      say(`There is no /${name}; /help lists what there is. To send it as a message, put a word before it.`);
  };
}
