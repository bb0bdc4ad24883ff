/**
 * Slack's own streams (https://docs.slack.dev/reference/methods/chat.startStream): text that is only ever added to, in a
 * thread, for the person who asked. What cannot be shown by adding (a line about a tool that goes away again) ends the
 * stream, and the message goes on by edits like any other. The stream shows plain text; the last edit, which comes in any
 * case, brings the form.
 *
 * Slack gives a stream up, with a mark of failure that stays on the message, after about half a minute without text and
 * after five minutes at the latest. So it is ended here before that.
 */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import type { RenderedPart } from '../../render/part.ts';
import type { SendResult } from '../channel.ts';
import type { SlackApi } from './api.ts';
import { SlackError } from './errors.ts';

const QUIET_MS = 15_000;
const LONGEST_MS = 240_000;

/** Somebody else has ended it: Slack, or the person by the stop button. */
const OVER: ReadonlySet<string> = new Set([
  'message_not_in_streaming_state',
  'stopped_by_user',
  'message_not_found',
]);

interface Stream {
  channel: string;
  shown: string;
  startedAt: number;
  quiet: Timer;
}

export interface StreamPlace {
  channel: string;
  thread: string;
  /** Needed outside of direct messages. */
  recipient: { user: string; team: string } | null;
}

export class Streams {
  readonly #api: SlackApi;
  readonly #clock: Clock;
  readonly #open = new Map<string, Stream>();
  /** This app or workspace has no streams. */
  #refused = false;

  constructor(api: SlackApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  has(ts: string): boolean {
    return this.#open.has(ts);
  }

  /** @returns null where Slack does not take a stream; nothing was sent then */
  async begin(
    { channel, thread, recipient }: StreamPlace,
    { plain }: RenderedPart,
  ): Promise<SendResult | null> {
    if (this.#refused) return null;
    try {
      const { ts } = await this.#api.call<{ ts: string }>('chat.startStream', {
        channel,
        thread_ts: thread,
        markdown_text: plain,
        ...(recipient ? { recipient_user_id: recipient.user, recipient_team_id: recipient.team } : {}),
      });
      if (ts === undefined) return null;
      const startedAt = this.#clock.now();
      this.#open.set(ts, { channel, shown: plain, startedAt, quiet: this.#endWhenQuiet(ts) });
      return { status: 'sent', ids: [ts] };
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      if (error.effect === 'perhaps') return { status: 'unknown', error };
      if (error.fatal || error.remedy === 'retry') return { status: 'failed', error };
      this.#refused = true;
      return null;
    }
  }

  /** @returns null where the stream is over and the message is to be edited instead */
  async append(ts: string, { plain }: RenderedPart): Promise<SendResult | null> {
    const stream = this.#open.get(ts);
    if (!stream) return null;
    const tooLong = this.#clock.now() - stream.startedAt > LONGEST_MS;
    if (tooLong || !plain.startsWith(stream.shown)) return this.end(ts);
    const more = plain.slice(stream.shown.length);
    if (more === '') return { status: 'sent', ids: [ts] };
    try {
      await this.#api.call('chat.appendStream', { channel: stream.channel, ts, markdown_text: more });
      stream.shown = plain;
      stream.quiet.cancel();
      stream.quiet = this.#endWhenQuiet(ts);
      return { status: 'sent', ids: [ts] };
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      if (error.fatal || (error.remedy === 'retry' && error.effect === 'none')) {
        return { status: 'failed', error };
      }
      return this.end(ts); // it may have been added, or never will be: an edit shows what is right
    }
  }

  /** @returns null: the message may be edited now; or why it may not */
  async end(ts: string, channel = this.#open.get(ts)?.channel): Promise<SendResult | null> {
    this.#open.get(ts)?.quiet.cancel();
    this.#open.delete(ts);
    try {
      await this.#api.call('chat.stopStream', { channel, ts });
      return null;
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      // Where it was not ended, the edit is refused, and it is ended again then.
      return OVER.has(error.code) || error.remedy !== 'retry' ? null : { status: 'failed', error };
    }
  }

  /** Ends all that are open, as far as Slack lets us. */
  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((ts) => this.end(ts)));
  }

  #endWhenQuiet(ts: string): Timer {
    return this.#clock.after(QUIET_MS, () => void this.end(ts));
  }
}
