/**
 * Buttons below a message and presses of them. https://core.telegram.org/bots/api#inlinekeyboardbutton,
 * https://core.telegram.org/bots/api#callbackquery
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import type { CallbackQuery, InlineKeyboardMarkup, Update } from 'telegraf/types';
import type { Button, ButtonPress, ChannelHost } from '../channel.ts';
import type { BotApi } from './api.ts';
import { TelegramError } from './errors.ts';
import { chatKey, nameOf } from './inbound.ts';
import type { Me } from './message-text.ts';

const MOST_ANSWER = 200; // https://core.telegram.org/bots/api#answercallbackquery
const IN_A_ROW = 2; // on a phone, more of them cut their labels

export function keyboard(buttons: readonly Button[] = []): { reply_markup?: InlineKeyboardMarkup } {
  if (buttons.length === 0) return {};
  const all = buttons.map(({ id, label }) => ({ text: label, callback_data: id }));
  const rows = Array.from({ length: Math.ceil(all.length / IN_A_ROW) }, (_, row) =>
    all.slice(row * IN_A_ROW, (row + 1) * IN_A_ROW),
  );
  return { reply_markup: { inline_keyboard: rows } };
}

/** @returns null where it is no press of a button below a message of ours in a chat */
export function pressIn(update: Update, me: Me): { query: string; press: ButtonPress } | null {
  if (!('callback_query' in update)) return null;
  const { id, from, message, ...query } = update.callback_query as CallbackQuery.DataQuery;
  if (!message || message.chat.type === 'channel') return null;
  const press = {
    account: String(me.id),
    channel: chatKey(message),
    messageId: String(message.message_id),
    sender: { id: String(from.id), name: nameOf(from), bot: from.is_bot },
    button: String(query.data ?? ''),
  };
  return { query: id, press };
}

/**
 * Hands a press over and lets Telegram show what follows from it, for which nobody waits: a sign that does not show is no
 * loss, the message will.
 * @throws where it could not be stored
 */
export async function takePress(
  { query, press }: NonNullable<ReturnType<typeof pressIn>>,
  host: ChannelHost,
  api: BotApi,
): Promise<void> {
  const { text } = await host.pressed(press);
  const answer = { callback_query_id: query, text: cutText(text, MOST_ANSWER) };
  void api.call('answerCallbackQuery', answer).catch((error: unknown) => {
    const code = error instanceof TelegramError ? error.code : 'unexpected';
    host.logger.info({ channel: 'telegram', code }, 'whoever pressed a button could not be answered');
  });
}
