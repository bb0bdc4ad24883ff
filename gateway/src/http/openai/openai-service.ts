/** What both of OpenAI's APIs do with a request: find its conversation, take it in once, follow its turn. */
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { NumberedEvent, TurnEventData } from '@mobyclaw/protocol/events';
import type { Request, Response } from 'express';
import type { TokenRow } from '../../store/token-store.ts';
import type { TurnRow } from '../../store/turn-store.ts';
import { readAttached } from '../attached-files.ts';
import type { HttpServices } from '../http-services.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { keepAlive } from '../keep-alive.ts';
import { conversationOf } from './conversations.ts';
import { openAiFailure, sendError } from './openai-error.ts';
import type { Asked } from './said.ts';

export const MODEL = 'moby';
const LONGEST_SILENCE_MS = 1000; // what is refused is refused before that

/** Writes a turn's events in the client's form. */
export interface EventWriter {
  /** @returns whether the stream has ended */
  take(event: NumberedEvent): boolean;
}

export class OpenAiService {
  readonly #services: HttpServices;

  constructor(services: HttpServices) {
    this.#services = services;
  }

  /**
   * Takes the message in, once, and tells in the headers where it is and what was not looked at.
   * @throws HttpProblem, or what TurnService.accept throws; the message was then not accepted
   */
  async accept(asked: Asked, request: Request, response: Response): Promise<TurnRow> {
    const { turns, resets, store, clock } = this.#services;
    const { prompt, attachments: sent, errand, ignored } = asked;
    const token = response.locals.token as TokenRow;
    const sender = { token, key: idempotencyKey(request), retry: isRetry(request) };
    const session = conversationOf(
      asked,
      request,
      sender,
      store,
      (each) => turns.askedBefore(each, prompt) !== null,
    );
    response.set({
      'x-mobyclaw-session': encodeURIComponent(session),
      ...(ignored.length > 0 ? { 'x-mobyclaw-ignored': ignored.join(', ') } : {}),
    });
    const { attachments, notes } = await readAttached(sent, session, this.#services, response);
    const again = sender.key === null && sender.retry ? turns.askedBefore(session, prompt) : null;
    if (again) return again;
    if (errand) resets.reset(session, false, clock.now(), 'errand');
    const { turn } = await turns.accept({
      session,
      prompt,
      attachments,
      sent: { prompt, attachments: sent },
      notes,
      ...(sender.key === null ? {} : { key: `openai:${token.id}:${session}:${sender.key}` }),
      source: 'api',
      sender: 'owner',
      queueMode: null,
    });
    return turn;
  }

  /** @throws HttpProblem where the turn did not end well */
  async answer(turn: TurnRow): Promise<TurnEventData['done']> {
    const end = await this.#services.turns.ended(turn);
    if (end.type === 'error') throw openAiFailure(end.data);
    if (end.type !== 'done') throw new Error(`a turn cannot end with ${end.type}`);
    return end.data;
  }

  /**
   * A turn that is refused before it begins is answered with the status of an error; a client that waits sees life.
   * @param open begins the stream
   */
  stream(turn: TurnRow, open: () => EventWriter, response: Response): void {
    const { turns, clock } = this.#services;
    let events: EventWriter | null = null;
    const begin = (): EventWriter => {
      waiting.cancel();
      if (events) return events;
      events = open();
      keepAlive(response, clock);
      return events;
    };
    const waiting = clock.after(LONGEST_SILENCE_MS, begin);
    const unsubscribe = turns.follow(turn.id, 0, (event) => {
      if (response.writableEnded) return;
      if (!events && event.type === 'queued' && event.data.position === 0) return;
      if (!events && event.type === 'error') sendError(response, openAiFailure(event.data));
      else if (begin().take(event)) response.end();
    });
    response.on('close', () => {
      waiting.cancel();
      unsubscribe?.();
    });
  }
}

/** @returns writes lines of server-sent events */
export function eventWriter(response: Response): (text: string) => void {
  return (text) => {
    if (!response.headersSent) {
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
    }
    response.write(text);
  };
}

/** @throws HttpProblem where a client asks for a model that is not here */
export function checkModel(id: string): void {
  if (id !== MODEL) throw new HttpProblem('not-found', `There is one model here: ${MODEL}.`);
}

/** OpenAI's own clients count their tries, and send no key by which a second one could be told from a new question. */
function isRetry(request: Request): boolean {
  return Number(request.get('x-stainless-retry-count') ?? 0) > 0;
}
