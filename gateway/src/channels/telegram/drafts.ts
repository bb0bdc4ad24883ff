/**
 * Telegram's own preview of an answer in the making, in private chats (https://core.telegram.org/bots/api#sendmessagedraft):
 * it is seen for 30 s, animated from one text to the next, rings at nobody, and gives way to the next message.
 *
 * A Bot API server that does not know the method is not asked again, nor for a chat that it refuses; answers stream by
 * edits there, until the next connection.
 */
import type { Logger } from '@mobyclaw/lib/logger';
import type { RenderedPart } from '../../render/part.ts';
import type { ChannelKey, Drafts, SendResult } from '../channel.ts';
import type { BotApi } from './api.ts';
import { TelegramError } from './errors.ts';
import { isDirect, placeOf } from './keys.ts';
import { formatted } from './outbound.ts';

/** Of a chat without topics: one for all, so that it never shows two, also not that of a process which was killed. */
const DRAFT_ID = 1;
const LONGEST_MS = 5000; // nothing else goes to the chat meanwhile, and a preview that late is of no use

export class TelegramDrafts implements Drafts {
  readonly lifeMs = 30_000;
  readonly #api: BotApi;
  readonly #logger: Logger;
  readonly #timeoutMs: number;
  #known = true;
  readonly #refusing = new Set<ChannelKey>();

  /** @param callMs longest time that a call may take */
  constructor(api: BotApi, logger: Logger, callMs: number) {
    this.#api = api;
    this.#logger = logger;
    this.#timeoutMs = Math.min(callMs, LONGEST_MS);
  }

  serves(to: ChannelKey): boolean {
    return this.#known && isDirect(to) && !this.#refusing.has(to);
  }

  async show(to: ChannelKey, part: RenderedPart): Promise<SendResult> {
    try {
      const place = placeOf(to);
      const draft = { ...place, draft_id: place.message_thread_id ?? DRAFT_ID, ...formatted(part) };
      await this.#api.sendMessageDraft(draft, { timeoutMs: this.#timeoutMs });
      return { status: 'sent', ids: [] };
    } catch (error) {
      if (!(error instanceof TelegramError)) throw error;
      this.#heed(to, error);
      return { status: 'failed', error };
    }
  }

  #heed(to: ChannelKey, { code, refusal }: TelegramError): void {
    if (code === '404') this.#known = false;
    else if (code === '400' && refusal !== 'format') this.#refusing.add(to);
    else return;
    this.#logger.info({ channel: 'telegram', code }, 'drafts are refused: answers stream by edits');
  }
}
