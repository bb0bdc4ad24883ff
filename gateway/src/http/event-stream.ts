/**
 * A turn's events as server-sent events, https://html.spec.whatwg.org/multipage/server-sent-events.html. Events that
 * come in one go leave in one write. A client that reads too slowly is cut off; it resumes from its last id.
 */
import type { Clock } from '@mobyclaw/lib/clock';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { endsTurn, type NumberedEvent } from '@mobyclaw/protocol/events';
import type { Request, Response } from 'express';
import type { EventListener } from '../turns/event-log.ts';
import { keepAlive } from './keep-alive.ts';

const MOST_BUFFERED_BYTES = 4 * 1024 * 1024;

/** @throws HttpProblem where the client asks to resume from something that is not an event id */
export function resumePoint(request: Request): number {
  // An empty header is what a client sends that has seen no event with an id.
  const given = request.get('last-event-id') || (request.query.since ?? '0');
  if (typeof given !== 'string' || !/^\d{1,15}$/.test(given)) {
    throw new HttpProblem('bad-request', 'Last-Event-ID and since take the id of an event, a whole number.');
  }
  return Number(given);
}

/**
 * Streams until the turn ends or the client leaves, which does not stop the turn.
 * @param follow subscribes and returns how to unsubscribe, or null where nothing more will come
 */
export function streamEvents(
  response: Response,
  clock: Clock,
  follow: (listener: EventListener) => (() => void) | null,
): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  });
  keepAlive(response, clock);
  let unsent = '';
  const unsubscribe = follow(send);
  // Seen on the response: `close` of the request comes as soon as its body was read.
  response.on('close', () => unsubscribe?.());
  if (!unsubscribe && !response.writableEnded) response.end(take());

  function send(event: NumberedEvent): void {
    if (unsent === '') process.nextTick(flush);
    unsent += `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`;
    if (endsTurn(event)) response.end(take());
  }

  function flush(): void {
    if (unsent === '' || response.writableEnded) return;
    response.write(take());
    if (response.writableLength > MOST_BUFFERED_BYTES) response.destroy();
  }

  function take(): string {
    const text = unsent;
    unsent = '';
    return text;
  }
}
