/** All commands: which text is one, who may use it, what it answers. What is no command goes to the model. */
import type { Logger } from '@mobyclaw/lib/logger';
import { accessCommands } from './access-commands.ts';
import type { Command, CommandCall, CommandServices } from './command.ts';
import { conversationCommands } from './conversation-commands.ts';
import { operationCommands } from './operation-commands.ts';

const ALL: readonly Command[] = [...conversationCommands, ...operationCommands, ...accessCommands];
const BY_NAME = new Map(ALL.map((command) => [command.name, command]));

/** For the menus of the platforms. */
export const MENU = ALL.filter(({ menu }) => menu).map(({ name, description }) => ({ name, description }));

/**
 * `!new` is `/new`: Slack keeps every text with a slash to itself.
 * @returns the command that a whole message is, and what follows its name; null where it is none that we know
 */
export function readCommand(text: string): { name: string; text: string } | null {
  const match = /^[/!]([a-z]{1,32})(?:\s+([\s\S]*))?$/i.exec(text.trim());
  const name = match?.[1]?.toLowerCase();
  return name !== undefined && BY_NAME.has(name) ? { name, text: match?.[2] ?? '' } : null;
}

export class Commands {
  readonly #services: CommandServices;
  readonly #logger: Logger;

  constructor(services: CommandServices, logger: Logger) {
    this.#services = services;
    this.#logger = logger;
  }

  /** @returns the answer in Markdown; null where the sender may not use it, so that it counts as ordinary text */
  async run(name: string, call: Omit<CommandCall, 'help'>): Promise<string | null> {
    const command = BY_NAME.get(name);
    if (!command || (command.ownerOnly && call.role !== 'owner')) return null;
    const usable = ALL.filter(({ ownerOnly }) => !ownerOnly || call.role === 'owner');
    const help = usable.filter((one) => one.name !== 'start');
    try {
      return await command.run({ ...call, help }, this.#services);
    } catch (error) {
      this.#logger.error({ err: error, command: name }, 'a command failed');
      return `⚠️ /${name} failed; the log of the gateway has the reason. Try it again.`;
    }
  }
}
