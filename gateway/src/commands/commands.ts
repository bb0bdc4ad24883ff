/** All commands: which text is one, who may use it, what it answers. What is no command goes to the model. */
import type { Logger } from '@mobyclaw/lib/logger';
import { commandSign } from '../channels/command-sign.ts';
import { accessCommands } from './access-commands.ts';
import type { Command, CommandCall, CommandServices } from './command.ts';
import { conversationCommands } from './conversation-commands.ts';
import { operationCommands } from './operation-commands.ts';
import { questionCommands } from './question-commands.ts';
import { scheduleCommands } from './schedule-commands.ts';
import { voiceCommand } from './voice-command.ts';

const ALL: readonly Command[] = [
  ...conversationCommands,
  voiceCommand,
  ...operationCommands,
  ...questionCommands,
  ...scheduleCommands,
  ...accessCommands,
];
const BY_NAME = new Map(ALL.map((command) => [command.name, command]));

/** For the menus of the platforms, which show no Markdown. */
export const MENU = ALL.filter(({ menu }) => menu).map(({ name, description }) => ({
  name,
  description: description.replaceAll('`', ''),
}));

/** What the owner may type in a conversation of his own, as the help shows it. */
export const OWNER_COMMANDS = ALL.filter(({ name }) => name !== 'start').map(
  ({ name, usage, description }) => ({ name, ...(usage === undefined ? {} : { usage }), description }),
);

type Sender = Pick<CommandCall, 'role' | 'kind'>;

/**
 * `!new` is `/new`: Slack keeps every text with a slash to itself.
 * @returns the command that a whole message is, and what follows its name; null where it is none that we know
 */
export function readCommand(text: string): { name: string; text: string } | null {
  const match = /^[/!]([a-z]{1,32})(?:\s+([\s\S]*))?$/i.exec(text.trim());
  const name = match?.[1]?.toLowerCase();
  return name !== undefined && BY_NAME.has(name) ? { name, text: match?.[2] ?? '' } : null;
}

/** @returns the name of the command that a message is and that its sender may use; null where there is none */
export function usableCommand(text: string, sender: Sender): string | null {
  const name = readCommand(text)?.name ?? '';
  const command = BY_NAME.get(name);
  return command && mayUse(command, sender) ? name : null;
}

function mayUse({ ownerOnly, ownerInGroups }: Command, { role, kind }: Sender): boolean {
  return role === 'owner' || !(ownerOnly || (ownerInGroups && kind === 'group'));
}

export class Commands {
  readonly #services: CommandServices;
  readonly #logger: Logger;

  constructor(services: CommandServices, logger: Logger) {
    this.#services = services;
    this.#logger = logger;
  }

  /** @returns the answer in Markdown; null where it does not exist for the sender, so that it counts as ordinary text */
  async run(name: string, call: Omit<CommandCall, 'help' | 'sign'>): Promise<string | null> {
    const command = BY_NAME.get(name);
    if (!command || (command.ownerOnly && call.role !== 'owner')) return null;
    if (!mayUse(command, call)) return 'In a group only my owner can do that.';
    const sign = commandSign(call.platform);
    const help = ALL.filter((one) => one.name !== 'start' && mayUse(one, call));
    try {
      return await command.run({ ...call, sign, help }, this.#services);
    } catch (error) {
      this.#logger.error({ err: error, command: name }, 'a command failed');
      return `⚠️ ${sign}${name} failed; the log of the gateway has the reason. Try it again.`;
    }
  }
}
