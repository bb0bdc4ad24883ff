/**
 * Buttons below a message and presses of them. https://discord.com/developers/docs/components/reference#button,
 * https://discord.com/developers/docs/interactions/receiving-and-responding
 */
import { withTimeout } from '@mobyclaw/lib/with-timeout';
import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIMessageComponentInteraction,
  ButtonStyle,
  ComponentType,
  InteractionResponseType,
  MessageFlags,
  Routes,
} from 'discord.js';
import type { Button, ButtonPress, ChannelHost, PressAnswer } from '../channel.ts';
import type { DiscordApi } from './api.ts';
import { DiscordError } from './errors.ts';
import { directKey, groupKey } from './keys.ts';

/** Discord shows "This interaction failed" after 3 s; a disk that takes its time must not cost the answer. */
const PATIENCE_MS = 1500;
const NOT_STORED = 'I could not write that down just now. Please press again.';
const STYLES = { primary: ButtonStyle.Success, danger: ButtonStyle.Danger } as const;

/** @param buttons at most five, as many as a row takes */
export function rowsOf(
  buttons: readonly Button[] = [],
): APIActionRowComponent<APIButtonComponentWithCustomId>[] {
  if (buttons.length === 0) return [];
  const components = buttons.map(({ id, label, style }): APIButtonComponentWithCustomId => {
    const look = style ? STYLES[style] : ButtonStyle.Secondary;
    return { type: ComponentType.Button, style: look, label, custom_id: id };
  });
  return [{ type: ComponentType.ActionRow, components }];
}

/** @returns null where nobody can be told from it */
function pressOf(interaction: APIMessageComponentInteraction, me: string): ButtonPress | null {
  const user = interaction.member?.user ?? interaction.user;
  if (!user) return null;
  const { guild_id, channel, message, data } = interaction;
  return {
    account: me,
    channel: guild_id === undefined ? directKey(user.id) : groupKey(channel.id),
    messageId: message.id,
    sender: { id: user.id, name: user.global_name ?? user.username, bot: user.bot === true },
    button: data.custom_id,
  };
}

/**
 * Hands a press over and tells Discord that it arrived. What counts is shown by the message itself; what does not, and why,
 * is said for the eyes of whoever pressed. Never rejects: a press that could not be stored had no effect, and he is told so.
 */
export async function takePress(
  interaction: APIMessageComponentInteraction,
  { me, host, api }: { me: string; host: ChannelHost; api: DiscordApi },
): Promise<void> {
  const press = pressOf(interaction, me);
  if (!press) return;
  const pressed = host.pressed(press).catch((error: unknown): PressAnswer => {
    host.logger.error({ channel: 'discord', err: error }, 'a press of a button could not be stored');
    return { text: NOT_STORED, accepted: false };
  });
  try {
    const inTime = await withTimeout<PressAnswer | null>(host.clock, PATIENCE_MS, pressed, () => null);
    if (inTime && !inTime.accepted) return await respond(api, interaction, whisper(inTime.text));
    await respond(api, interaction, { type: InteractionResponseType.DeferredMessageUpdate });
    const { text, accepted } = inTime ?? (await pressed);
    if (accepted) return;
    const route = Routes.webhook(interaction.application_id, interaction.token);
    await api.call('followUp', 'POST', route, { body: whisper(text).data, open: true });
  } catch (error) {
    if (!(error instanceof DiscordError)) throw error;
    host.logger.info(
      { channel: 'discord', code: error.code },
      'whoever pressed a button could not be answered',
    );
  }
}

function whisper(content: string) {
  const data = { content, flags: MessageFlags.Ephemeral, allowed_mentions: { parse: [] } };
  return { type: InteractionResponseType.ChannelMessageWithSource, data };
}

async function respond(
  api: DiscordApi,
  { id, token }: APIMessageComponentInteraction,
  body: Record<string, unknown>,
): Promise<void> {
  await api.call('answerInteraction', 'POST', Routes.interactionCallback(id, token), { body, open: true });
}
