/** Reads `GET /api/stream` as a page does. */
import { request } from 'node:http';
import type { LiveBlock, LiveEvent } from '@mobyclaw/protocol/live';
import type { Harness } from './harness.ts';

export class LiveReader {
  readonly events: LiveEvent[] = [];
  /** Id of the last block. */
  lastId: string | null = null;
  closed = false;
  bytes = 0;
  #rest = '';
  /** Text without a number: told again if the line is cut now. */
  #unkept = '';
  #wake: (() => void)[] = [];
  readonly #leave: () => void;

  constructor({ port, token }: Pick<Harness, 'port' | 'token'>, since: string | null = null, headers = {}) {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        path: '/api/stream',
        agent: false,
        headers: {
          authorization: `Bearer ${token}`,
          ...(since === null ? {} : { 'last-event-id': since }),
          ...headers,
        },
      },
      (response) => {
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          this.bytes += text.length;
          this.#read(text);
        });
        response.on('error', () => undefined);
        response.on('close', () => this.#end());
      },
    );
    call.on('error', () => this.#end());
    call.end();
    this.#leave = () => void call.destroy();
  }

  /** @throws where the stream ends before */
  async until(passes: (event: LiveEvent) => boolean): Promise<LiveEvent> {
    for (;;) {
      const event = this.events.find(passes);
      if (event) return event;
      if (this.closed) throw new Error(`the stream ended: ${JSON.stringify(this.events.slice(-3))}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  async ended(): Promise<void> {
    while (!this.closed) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  leave(): void {
    this.#leave();
    this.#end();
  }

  #read(text: string): void {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, id, data] = /^(?:id:(.*)\n)?data:(.*)$/.exec(block) ?? [];
      if (data === undefined) continue;
      const held = JSON.parse(data) as LiveBlock;
      if (typeof held === 'string') {
        this.#unkept += held;
        continue;
      }
      const last = this.events.at(-1);
      if (last && 'data' in last && last.type === 'token') last.data.text += this.#unkept;
      this.#unkept = '';
      this.events.push(...held);
      this.lastId = id ?? this.lastId;
    }
    this.#notify();
  }

  #end(): void {
    this.closed = true;
    this.#notify();
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** What a page shows of a turn at the end of these events, and how often it was told something it had been told. */
export function liveText(events: readonly LiveEvent[], turn: number): { text: string; repeats: number } {
  let text = '';
  let last = 0;
  let repeats = 0;
  for (const event of events) {
    if (!('id' in event) || !('data' in event) || event.turn !== turn) continue;
    if (event.id <= last) {
      repeats++;
      continue;
    }
    last = event.id;
    if (event.type === 'token') text += event.data.text;
    if (event.type === 'replace') text = event.data.text;
  }
  return { text, repeats };
}
