/** What a whole line that begins with "/" does in a chat. */
import { sessionViewSchema } from '@mobyclaw/protocol/session';
import { statusSchema } from '@mobyclaw/protocol/status';
import { z } from 'zod';
import type { GatewayClient } from '../gateway-client.ts';
import { GatewayError } from '../gateway-error.ts';

export interface ChatCommandContext {
  gateway: GatewayClient;
  session: string;
  say: (text: string) => void;
  leave: () => void;
}

interface ChatCommand {
  help: string;
  run: (context: ChatCommandContext) => Promise<void> | void;
}

const COMMANDS: Record<string, ChatCommand> = {
  '/new': { help: 'begin a new conversation; the memory stays', run: reset },
  '/stop': { help: 'stop what Moby is doing here', run: stop },
  '/status': { help: 'how Moby is', run: status },
  '/help': { help: 'this list', run: ({ say }) => say(HELP) },
  '/exit': { help: 'leave (also Ctrl-D)', run: ({ leave }) => leave() },
};

const HELP = [
  ...Object.entries(COMMANDS).map(([name, { help }]) => `${name.padEnd(8)} ${help}`),
  'Ctrl-C   stop the answer; once more, or at an empty prompt: leave',
  'A line that ends in \\ goes on in the next one; a text pasted from elsewhere may have several lines.',
].join('\n');

/** @returns the command that `line` is, or null where it is a message */
export function chatCommand(line: string): ((context: ChatCommandContext) => Promise<void> | void) | null {
  const word = line.trim();
  if (!/^\/[a-z]+$/.test(word)) return null;
  return (
    COMMANDS[word]?.run ??
    (({ say }) =>
      say(
        `There is no ${word}. ${Object.keys(COMMANDS).join(' ')}\nTo send it as a message, put a word before it.`,
      ))
  );
}

async function reset({ gateway, session, say }: ChatCommandContext): Promise<void> {
  if (await post(gateway, session, 'reset')) say('A new conversation begins.');
  else say('This conversation has not begun yet.');
}

async function stop({ gateway, session, say }: ChatCommandContext): Promise<void> {
  if (await post(gateway, session, 'stop')) say('Stopped.');
  else say('There is nothing to stop.');
}

/** @returns false where there is no such session yet */
async function post(gateway: GatewayClient, session: string, action: 'reset' | 'stop'): Promise<boolean> {
  try {
    await gateway.send(`/api/sessions/${encodeURIComponent(session)}/${action}`, { method: 'POST' });
    return true;
  } catch (error) {
    if (error instanceof GatewayError && error.status === 404) return false;
    throw error;
  }
}

async function status({ gateway, session, say }: ChatCommandContext): Promise<void> {
  const [{ state, agent, turns, soul }, { items }] = await Promise.all([
    gateway.json(statusSchema, '/api/status'),
    gateway.json(z.object({ items: z.array(sessionViewSchema) }), '/api/sessions'),
  ]);
  const here = items.find(({ key }) => key === session);
  const engine = [agent.engine, agent.version].filter(Boolean).join(' ');
  say(
    [
      `Moby is ${state}; agent ${engine}${agent.model ? `, model ${agent.model}` : ''}`,
      `${turns.running} turns running, ${turns.queued} waiting`,
      `this conversation: ${session}, ${here?.messages ?? 0} messages`,
      ...[soul.problem, agent.detail].filter((problem) => problem !== undefined),
    ].join('\n'),
  );
}
