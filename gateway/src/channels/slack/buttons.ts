/**
 * Buttons below a message and presses of them. https://docs.slack.dev/reference/block-kit/blocks/actions-block,
 * https://docs.slack.dev/reference/interaction-payloads/block_actions-payload. Slack sends presses only where the app has
 * "Interactivity" switched on.
 */
import type { Button, ButtonPress, ChannelHost } from '../channel.ts';
import type { SlackApi } from './api.ts';
import { SlackError } from './errors.ts';
import type { Me } from './inbound.ts';
import { directKey, threadKey } from './keys.ts';

/** Ours begin so; of others in the app nothing is known here. */
export const ACTION = /^mobyclaw:/;
const MOST_SECTION = 3000; // https://docs.slack.dev/reference/block-kit/blocks/section-block

/** What Slack sends of a press, as far as it is read here. */
export interface SlackPress {
  user: { id: string; name?: string };
  container: { message_ts?: string; channel_id?: string; thread_ts?: string };
  actions: { value?: string }[];
}

/** @param text in Slack's markup; with blocks, it is what a notification shows */
export function blocksWith(text: string, buttons: readonly Button[] = []): object[] {
  if (buttons.length === 0) return [];
  const elements = buttons.map(({ id, label, style }, index) => ({
    type: 'button',
    action_id: `mobyclaw:${index}`,
    text: { type: 'plain_text', text: label },
    value: id,
    ...(style === undefined ? {} : { style }),
  }));
  return [
    ...sections(text).map((piece) => ({
      type: 'section',
      text: { type: 'mrkdwn', text: piece, verbatim: true },
      expand: true,
    })),
    { type: 'actions', elements },
  ];
}

/** A part with buttons is made to fit one; what comes as plain text after a refusal may be longer. */
function sections(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += MOST_SECTION) pieces.push(text.slice(at, at + MOST_SECTION));
  return pieces;
}

/** @returns null for what is no press on a message */
function pressOf({ user, container, actions }: SlackPress, me: Me, name: string): ButtonPress | null {
  const { message_ts: ts, channel_id: channel, thread_ts: thread = ts } = container;
  const value = actions[0]?.value;
  if (ts === undefined || thread === undefined || channel === undefined || value === undefined) return null;
  return {
    account: `${me.team}/${me.user}`,
    channel: channel.startsWith('D') ? directKey(channel) : threadKey(channel, thread),
    messageId: ts,
    sender: { id: user.id, name, bot: false },
    button: value,
  };
}

export class Presses {
  readonly #api: SlackApi;
  readonly #host: ChannelHost;
  readonly #nameOf: (user: string) => Promise<string | null>;

  /** @param nameOf null where it is not known */
  constructor(api: SlackApi, host: ChannelHost, nameOf: (user: string) => Promise<string | null>) {
    this.#api = api;
    this.#host = host;
    this.#nameOf = nameOf;
  }

  /**
   * What counts is shown by the message itself; what does not, and why, is said for the eyes of whoever pressed, for which
   * Slack is not kept waiting.
   * @throws where it could not be stored
   */
  async take(pressed: SlackPress, me: Me): Promise<void> {
    const name = (await this.#nameOf(pressed.user.id)) ?? pressed.user.name ?? pressed.user.id;
    const press = pressOf(pressed, me, name);
    if (!press) return;
    const { text, accepted } = await this.#host.pressed(press);
    if (!accepted) void this.#whisper(pressed, text);
  }

  async #whisper({ user, container }: SlackPress, text: string): Promise<void> {
    const { channel_id: channel, thread_ts } = container;
    const thread = thread_ts === undefined ? {} : { thread_ts };
    try {
      await this.#api.call('chat.postEphemeral', { channel, user: user.id, text, ...thread });
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      const { logger } = this.#host;
      logger.info({ channel: 'slack', code: error.code }, 'whoever pressed a button could not be answered');
    }
  }
}
