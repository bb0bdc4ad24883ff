/**
 * What the gateway is told: kept on disk until it is old, so that a gateway which was away is told all of it when it is back.
 * Its `Last-Event-ID` is the number of the last event that it has seen.
 */
import type { ServerResponse } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';
import { type Clock, every, type Timer } from '@mobyclaw/lib/clock';
import type { EgressEvent } from '@mobyclaw/protocol/egress';

const KEPT_MS = 62 * 86_400_000; // this month and the one before, as sums of usage need them
const SWEEP_MS = 6 * 3_600_000;
const ALIVE_MS = 15_000; // a comment, so that a dead connection is noticed
const AT_ONCE = 500;

interface Row {
  seq: number;
  event: string;
  data: string;
}

export class EventLog {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #readers = new Set<() => void>();
  readonly #live = new Set<(block: string) => void>();
  readonly #sweep: Timer;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#sweep = every(clock, SWEEP_MS, () => this.#forget(), ALIVE_MS);
  }

  /** Bound, so that it can be handed to whoever has something to tell. @returns whether a gateway listens just now */
  readonly append = ({ event, data }: EgressEvent): boolean => {
    this.#database
      .prepare('INSERT INTO events (at, event, data) VALUES (?, ?, ?)')
      .run(this.#clock.now(), event, JSON.stringify(data));
    for (const wake of this.#readers) wake();
    return this.#readers.size > 0;
  };

  /**
   * Tells those who follow just now and nobody later: it is over by the time that somebody reads it.
   * @returns false where nobody follows
   */
  tell({ event, data }: EgressEvent): boolean {
    for (const live of this.#live) live(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    return this.#live.size > 0;
  }

  /** Answers with all events behind that number and goes on until the reader leaves. */
  stream(response: ServerResponse, lastSeen: string | undefined): void {
    let seen = /^\d+$/.test(lastSeen ?? '') ? Number(lastSeen) : 0;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.flushHeaders();
    const send = (): void => {
      while (!response.writableNeedDrain) {
        const rows = this.#after(seen);
        for (const { seq, event, data } of rows) {
          response.write(`id: ${seq}\nevent: ${event}\ndata: ${data}\n\n`);
          seen = seq;
        }
        if (rows.length < AT_ONCE) return;
      }
    };
    const alive = every(this.#clock, ALIVE_MS, () => response.write(':\n\n'));
    const live = (block: string): void => void response.write(block);
    this.#readers.add(send);
    this.#live.add(live);
    response.on('drain', send);
    response.once('close', () => {
      this.#readers.delete(send);
      this.#live.delete(live);
      alive.cancel();
    });
    send();
  }

  close(): void {
    this.#sweep.cancel();
  }

  #after(seq: number): Row[] {
    return this.#database
      .prepare('SELECT seq, event, data FROM events WHERE seq > ? ORDER BY seq LIMIT ?')
      .all(seq, AT_ONCE) as unknown as Row[];
  }

  #forget(): void {
    this.#database.prepare('DELETE FROM events WHERE at < ?').run(this.#clock.now() - KEPT_MS);
  }
}
