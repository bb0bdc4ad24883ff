/**
 * Telegram by the Bot API with long polling: works behind any router and needs no address of its own.
 *
 * In private chats answers stream by drafts, in groups, which have none, by edits. That has a price: a streamed answer in
 * the end is a send, and of a send whose line was cut nobody can tell whether it arrived, while the last edit can simply
 * be repeated. Such an answer is `unknown`, the person is told, and `/resend` brings it. For that, nothing is ever shown
 * twice or in part: a first message of a stream, cut at the wrong moment, stayed as a fragment beside the whole answer.
 */
import type { TelegramSettings } from '../../config/channels-config.ts';
import type { Abilities, Channel, ChannelHost, CommandInfo } from '../channel.ts';
import type { ChannelError } from '../channel-error.ts';
import { Receipts } from '../receipts.ts';
import { BotApi } from './api.ts';
import { TelegramDrafts } from './drafts.ts';
import { TelegramError } from './errors.ts';
import { downloadFile } from './files.ts';
import { isDirect, placeOf } from './keys.ts';
import { Outbound } from './outbound.ts';
import { Polling } from './polling.ts';

export interface TelegramTiming {
  /** How long Telegram holds an empty poll open, in seconds. */
  holdSeconds: number;
  /** What a poll may take beyond that, in milliseconds; then the line is dead. */
  marginMs: number;
  /** Longest time of any other call. */
  callMs: number;
}

const TIMING: TelegramTiming = { holdSeconds: 25, marginMs: 10_000, callMs: 20_000 };

const ABILITIES: Abilities = {
  text: { max: 4096, unit: 'utf16' }, // Telegram counts code points, which are never more
  editEveryMs: 1000,
  groupEditEveryMs: 3000, // a group takes 20 messages a minute
  buttons: true,
  typingMs: 5000,
  sendRepeatableMs: 0,
  fileBytes: 50_000_000,
  deafAfterMs: 45_000,
};

export function createTelegramChannel(
  settings: TelegramSettings,
  host: ChannelHost,
  timing: TelegramTiming = TIMING,
): Channel {
  const api = new BotApi(settings, host.clock, timing.callMs);
  const ending = new AbortController();
  const { signal } = ending;
  let polling: Promise<void> | null = null;
  const outbound = new Outbound(api, (event) => {
    host.receive(event).catch((error: unknown) => {
      host.logger.error({ channel: 'telegram', err: error }, 'a group moved and that could not be stored');
    });
  });
  // https://core.telegram.org/bots/api#setmessagereaction
  const receipts = new Receipts({
    react: (to, id) =>
      api.call('setMessageReaction', {
        chat_id: placeOf(to).chat_id,
        message_id: Number(id),
        reaction: [{ type: 'emoji', emoji: '👀' }],
      }),
    isDirect,
    clock: host.clock,
  });

  return {
    abilities: ABILITIES,
    drafts: new TelegramDrafts(api, host.logger, timing.callMs),

    async start() {
      const { id, username = '' } = await api.call('getMe', {}, { signal });
      await api.call('deleteWebhook', { drop_pending_updates: false }, { signal });
      const { holdSeconds, marginMs } = timing;
      const loop = new Polling({ api, me: { id, username }, host, signal, holdSeconds, marginMs });
      await loop.first();
      polling = loop.run().catch((error: unknown) => {
        if (!signal.aborted) host.lost(error as ChannelError);
      });
    },

    async stop() {
      ending.abort();
      await polling;
      await api.close();
    },

    send: (to, part, options) => outbound.send(to, part, options),
    edit: (to, id, part, options) => outbound.edit(to, id, part, options),
    remove: (to, id) => outbound.remove(to, id),
    sendFile: (to, file, { replyTo }) => outbound.sendFile(to, file, replyTo),
    download: (ref, mostBytes) => downloadFile(api, ref, mostBytes),
    seen: (to, messageId, waits) => receipts.seen(to, messageId, waits),

    async typing(to) {
      try {
        await api.call('sendChatAction', { ...placeOf(to), action: 'typing' });
      } catch (error) {
        if (!(error instanceof TelegramError)) throw error; // a sign that does not show is no loss
      }
    },

    async publishCommands(commands: readonly CommandInfo[]) {
      try {
        const menu = commands.map(({ name, description }) => ({ command: name, description }));
        await api.call('setMyCommands', { commands: menu });
      } catch (error) {
        if (!(error instanceof TelegramError)) throw error;
        host.logger.warn({ channel: 'telegram', code: error.code }, 'the command menu could not be set');
      }
    },
  };
}
