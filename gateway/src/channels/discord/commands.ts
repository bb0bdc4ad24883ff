/**
 * The command menu. A command picked there becomes a message of the person, and its answer a message of ours; to the
 * interaction itself only the command is repeated, for the eyes of that person: the token for more ends after 15 minutes.
 * https://discord.com/developers/docs/interactions/receiving-and-responding
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import type { Logger } from '@mobyclaw/lib/logger';
import {
  type APIInteraction,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  InteractionResponseType,
  MessageFlags,
  Routes,
} from 'discord.js';
import type { CommandInfo, IncomingMessage } from '../channel.ts';
import type { DiscordApi } from './api.ts';
import { DiscordError } from './errors.ts';

const MOST_DESCRIPTION = 100;
const MOST_ECHO = 200;

/** @throws DiscordError */
export async function publish(
  api: DiscordApi,
  application: string,
  commands: readonly CommandInfo[],
): Promise<void> {
  const menu = commands.map(({ name, description }) => ({
    type: ApplicationCommandType.ChatInput,
    name,
    description: cutText(description, MOST_DESCRIPTION),
    contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: 'text',
        description: 'What the command needs, where it needs something',
        required: false,
      },
    ],
  }));
  await api.call('setCommands', 'PUT', Routes.applicationCommands(application), { body: menu });
}

/** Tells Discord that the command arrived; without it the person is shown a failure. Never rejects. */
export async function acknowledge(
  api: DiscordApi,
  { id, token }: APIInteraction,
  { text }: IncomingMessage,
  logger: Logger,
): Promise<void> {
  const content = `\`${cutText(text.replaceAll('`', "'"), MOST_ECHO)}\``;
  const data = { content, flags: MessageFlags.Ephemeral, allowed_mentions: { parse: [] } };
  const body = { type: InteractionResponseType.ChannelMessageWithSource, data };
  try {
    await api.call('answerInteraction', 'POST', Routes.interactionCallback(id, token), { body, open: true });
  } catch (error) {
    if (!(error instanceof DiscordError)) throw error;
    logger.warn(
      { channel: 'discord', code: error.code },
      'a command could not be acknowledged; it is carried out',
    );
  }
}
