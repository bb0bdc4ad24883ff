/**
 * Calls of the Bot API through telegraf's client, each bounded by a timer of ours: the library's own is 500 s and fixed.
 * It holds the sockets, so that closing it proves that nothing is under way any more.
 */
import type { Agent } from 'node:http';
import type { Clock } from '@mobyclaw/lib/clock';
import { outsideAgent } from '@mobyclaw/lib/outside-agent';
import { Telegram } from 'telegraf';
import type { MessageEntity, Telegram as Methods, Opts } from 'telegraf/types';
import type { TelegramSettings } from '../../config/channels-config.ts';
import { BoundedCalls, type CallBounds } from '../bounded-calls.ts';
import { toTelegramError } from './errors.ts';

const DEFAULT_ROOT = 'https://api.telegram.org';

/** https://core.telegram.org/bots/api#sendmessagedraft: Bot API 9.3, for all bots since 9.5; telegraf knows 7.1. */
export interface MessageDraft {
  chat_id: number;
  message_thread_id?: number;
  /** Not 0; changes of a draft with the same id are animated. */
  draft_id: number;
  text: string;
  entities?: MessageEntity[];
}

export class BotApi {
  readonly agent: Agent;
  readonly #root: string;
  readonly #telegram: Telegram;
  readonly #calls: BoundedCalls;

  /** @param callMs longest time that a call takes unless it says otherwise */
  constructor({ token, apiRoot }: TelegramSettings, clock: Clock, callMs: number) {
    this.#root = `${apiRoot ?? DEFAULT_ROOT}/`;
    this.agent = outsideAgent(this.#root.startsWith('https:'), { keepAlive: true });
    this.#telegram = new Telegram(token, { apiRoot: this.#root });
    this.#telegram.options.agent = this.agent; // set here, because telegraf drops the agent of an http:// root
    this.#calls = new BoundedCalls(clock, callMs);
  }

  /** Address of a file for the path that `getFile` gave. Holds the token: never shown, never logged. */
  fileUrl(path: string): URL {
    return new URL(`./file/bot${this.#telegram.token}/${path}`, this.#root);
  }

  /** @throws TelegramError */
  call<M extends keyof Methods>(
    method: M,
    payload: Opts<M>,
    options: CallBounds = {},
  ): Promise<ReturnType<Methods[M]>> {
    return this.#bounded(method, (signal) => this.#telegram.callApi(method, payload, { signal }), options);
  }

  /** @throws TelegramError */
  async sendMessageDraft(draft: MessageDraft, options: CallBounds): Promise<void> {
    const method = 'sendMessageDraft';
    await this.#bounded(
      method,
      (signal) => this.#telegram.callApi(method as 'sendMessage', draft, { signal }),
      options,
    );
  }

  #bounded<T>(method: string, begin: (signal: never) => Promise<T>, bounds: CallBounds): Promise<T> {
    return this.#calls.run(
      (signal) => begin(signal as never), // telegraf's type is that of a library
      (cause, timedOut) => toTelegramError(method, cause, timedOut),
      bounds,
    );
  }

  /** Waits for what is under way, cuts what takes too long, and closes every socket. */
  async close(): Promise<void> {
    await this.#calls.close();
    this.agent.destroy();
  }
}
