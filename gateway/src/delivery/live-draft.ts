/**
 * Shows answers in the making as the draft of a chat, if the platform has drafts. A chat has one draft for all answers: the
 * text of the one that is being written, and how many wait behind it. The platform removes a draft after a time and with
 * each message of ours, so it is shown again before that and after that. It is not on disk, because nothing of it stays.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import type { Channel, ChannelKey, Drafts, SendResult } from '../channels/channel.ts';
import type { RenderedPart } from '../render/part.ts';
import type { LivePace } from './live-pace.ts';
import type { LiveReply } from './live-reply.ts';
import { FIRST_MS, type LiveStep } from './live-step.ts';
import { hashOf, plainOf } from './parts.ts';

export interface LiveDraftOptions {
  key: ChannelKey;
  clock: Clock;
  pace: LivePace;
  render: (markdown: string, channel: Channel) => RenderedPart[];
  refused: (reply: LiveReply, result: Exclude<SendResult, { status: 'sent' }>, channel: Channel) => void;
}

export class LiveDraft {
  readonly #options: LiveDraftOptions;
  #shown: { hash: string; at: number } | null = null;

  constructor(options: LiveDraftOptions) {
    this.#options = options;
  }

  /** A message of ours came, or may have come, into the chat, and the platform has removed the draft. */
  gone(): void {
    this.#shown = null;
  }

  /** The next drawing, or when it is due; null where there is nothing to draw. */
  next(replies: readonly LiveReply[], channel: Channel, drafts: Drafts, now: number): LiveStep | null {
    const { render, pace } = this.#options;
    if (this.#shown && now - this.#shown.at >= drafts.lifeMs) this.#shown = null;
    const reply = leading(replies);
    if (!reply) return null;
    const view = [reply.view(this.#shown !== null), behind(reply, replies)].filter((text) => text !== '');
    const whole = render(view.join('\n\n'), channel).at(-1); // of a long text the end, where it grows
    if (!whole) return null;
    const part = reply.plain ? plainOf(whole) : whole;
    const hash = hashOf(part);
    reply.firstAt ??= now;
    const same = this.#shown?.hash === hash;
    const first = this.#shown || reply.waitsInLine ? 0 : reply.firstAt + FIRST_MS;
    const dueAt = Math.max(
      same && this.#shown ? this.#shown.at + (drafts.lifeMs * 2) / 3 : first,
      pace.notBefore,
    );
    if (dueAt > now) return { dueAt, onlyRenews: same };
    return { dueAt, step: () => this.#draw(reply, part, hash, channel, drafts) };
  }

  async #draw(
    reply: LiveReply,
    part: RenderedPart,
    hash: string,
    channel: Channel,
    drafts: Drafts,
  ): Promise<void> {
    const { key, clock, pace, refused } = this.#options;
    const result = await drafts.show(key, part);
    if (!drafts.serves(key)) return; // the answer goes on by edits, at once
    pace.spend(channel);
    if (result.status === 'sent') {
      this.#shown = { hash, at: clock.now() };
      pace.easeUp(channel);
    } else refused(reply, result, channel);
  }
}

/** The reply whose text is shown: the first that says something, else one that is at work, else one that waits. */
function leading(replies: readonly LiveReply[]): LiveReply | null {
  const working = replies.filter(({ started }) => started);
  return (
    working.find((reply) => reply.view(false) !== '') ??
    working[0] ??
    replies.find(({ queued }) => queued) ??
    null
  );
}

function behind(reply: LiveReply, replies: readonly LiveReply[]): string {
  const waiting = replies.filter((other) => other !== reply && other.queued).length;
  if (waiting === 0) return '';
  return `🕒 ${waiting === 1 ? 'One more message is' : `${waiting} more messages are`} queued.`;
}
