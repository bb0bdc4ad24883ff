/**
 * Tells memory which turns have ended, and the owner what memory then says: that a tool has changed HEARTBEAT.md, by which
 * Moby acts unasked. Each change is told once, through restarts of either: its id is the key of the message, and memory
 * keeps it until it is told that the message is on disk.
 */
import type { Logger } from '@mobyclaw/lib/logger';
import { SerialQueue } from '@mobyclaw/lib/serial-queue';
import { type HeartbeatChange, heartbeatChangesSchema } from '@mobyclaw/protocol/heartbeat';
import type { PartClient } from '../parts/part-client.ts';
import type { NotifyOwner } from './ports.ts';

export interface HeartbeatChangesOptions {
  /** Null where there is no memory server. */
  memory: PartClient | null;
  notify: NotifyOwner;
  logger: Logger;
}

export class HeartbeatChanges {
  readonly #options: HeartbeatChangesOptions;
  readonly #queue = new SerialQueue();
  /** Those that memory has not been told of. */
  #ended: string[] = [];
  #next: Promise<void> | null = null;

  constructor(options: HeartbeatChangesOptions) {
    this.#options = options;
  }

  /**
   * Never rejects: what could not be told now is told after the next turn. Turns that end while memory is being asked are
   * told together.
   * @param turn that has just ended
   */
  check(turn?: string): Promise<void> {
    const { memory } = this.#options;
    if (!memory) return Promise.resolve();
    if (turn !== undefined) this.#ended.push(turn);
    this.#next ??= this.#queue.run(() => {
      const turns = this.#ended;
      this.#ended = [];
      this.#next = null;
      return this.#tell(memory, turns);
    });
    return this.#next;
  }

  async #tell(memory: PartClient, turns: string[]): Promise<void> {
    const { notify, logger } = this.#options;
    try {
      const answer = await memory.request('POST', '/turns/ended', { body: { turns } });
      for (const change of heartbeatChangesSchema.safeParse(answer?.body).data ?? []) {
        await notify(textOf(change), `heartbeat-changed:${change.id}`);
        await memory.request('POST', '/heartbeat/told', { body: { id: change.id } });
      }
    } catch (error) {
      logger.warn({ err: error }, 'the owner could not be told that HEARTBEAT.md was changed');
    }
  }
}

function textOf({ session, was, is }: HeartbeatChange): string {
  const lines = [
    ...(was === '' ? [] : ['It said:', quoted(was)]),
    ...(is === '' ? [] : ['Now:', quoted(is)]),
  ];
  return [
    `A tool of mine has changed HEARTBEAT.md, which I go by unasked, in the conversation ${session}.`,
    ...lines,
    '`./mobyclaw memory versions --file HEARTBEAT.md` shows how it was before.',
  ].join('\n\n');
}

function quoted(text: string): string {
  return text.trim().replace(/^/gm, '> ');
}
