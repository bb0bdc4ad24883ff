/** `/v1`: Moby for any client that speaks OpenAI's API. His tool calls are his own and not shown. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import { PROBLEM_TYPES } from '@mobyclaw/protocol/problem';
import { type ErrorRequestHandler, type Request, type Response, Router } from 'express';
import type { TokenRow } from '../../store/token-store.ts';
import type { TurnRow } from '../../store/turn-store.ts';
import { readAttached } from '../attached-files.ts';
import { ownConversation, tameName } from '../chat-scope.ts';
import type { HttpServices } from '../http-services.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { keepAlive } from '../keep-alive.ts';
import { type ChatPrompt, chatRequestSchema, toPrompt } from '../openai/chat-request.ts';
import { ChatStream, openAiError, toOpenAiUsage } from '../openai/chat-stream.ts';
import { toProblem } from '../problem-handler.ts';
import { turnFailure } from '../turn-failure.ts';
import { validate } from '../validate.ts';

const MODEL = 'moby';
const LONGEST_SILENCE_MS = 1000; // what is refused is refused before that

export function openAiRoutes(services: HttpServices): Router {
  const { turns, resets, startedAt, clock } = services;
  const router = Router();
  const model = { id: MODEL, object: 'model', created: Math.floor(startedAt / 1000), owned_by: 'mobyclaw' };

  router.get('/v1/models', (_request, response) => {
    response.json({ object: 'list', data: [model] });
  });

  router.get('/v1/models/:id', (request, response) => {
    if (request.params.id !== MODEL) throw new HttpProblem('not-found', `There is one model here: ${MODEL}.`);
    response.json(model);
  });

  router.post('/v1/chat/completions', async (request, response) => {
    const chat = validate(chatRequestSchema, request.body);
    const asked = toPrompt(chat);
    const session = conversationOf(asked, response.locals.token as TokenRow);
    const { ignored } = asked;
    response.set({
      'x-mobyclaw-session': encodeURIComponent(session),
      ...(ignored.length > 0 ? { 'x-mobyclaw-ignored': ignored.join(', ') } : {}),
    });
    const turn = await accept(asked, session, request, response);
    const head = {
      id: `chatcmpl-${turn.id}`,
      created: Math.floor(turn.createdAt / 1000),
      model: MODEL,
    };
    if (chat.stream) {
      const usage = chat.stream_options?.include_usage ?? false;
      stream(turn, () => new ChatStream(head, usage, writer(response)), response);
      return;
    }
    const end = await turns.ended(turn);
    response.json({ ...head, object: 'chat.completion', ...completion(end) });
  });

  return router;

  async function accept(
    { prompt, attachments: sent, errand }: ChatPrompt,
    session: string,
    request: Request,
    response: Response,
  ): Promise<TurnRow> {
    const { attachments, notes } = await readAttached(sent, services, response);
    const token = response.locals.token as TokenRow;
    const key = idempotencyKey(request);
    const again = key === null && isRetry(request) ? turns.askedBefore(session, prompt) : null;
    if (again) return again;
    if (errand) resets.reset(session, false, clock.now(), 'errand');
    const { turn } = await turns.accept({
      session,
      prompt,
      attachments,
      sent,
      notes,
      ...(key === null ? {} : { key: `openai:${token.id}:${session}:${key}` }),
      source: 'api',
      sender: 'owner',
      queueMode: null,
    });
    return turn;
  }

  /** A turn that is refused before it begins is answered with the status of an error; a client that waits sees life. */
  function stream(turn: TurnRow, open: () => ChatStream, response: Response): void {
    let chunks: ChatStream | null = null;
    const begin = (): ChatStream => {
      waiting.cancel();
      if (chunks) return chunks;
      chunks = open();
      keepAlive(response, clock);
      return chunks;
    };
    const waiting = clock.after(LONGEST_SILENCE_MS, begin);
    const unsubscribe = turns.follow(turn.id, 0, (event) => {
      if (response.writableEnded) return;
      if (!chunks && event.type === 'queued' && event.data.position === 0) return;
      if (!chunks && event.type === 'error') sendError(response, failure(event));
      else if (begin().take(event)) response.end();
    });
    response.on('close', () => {
      waiting.cancel();
      unsubscribe?.();
    });
  }
}

/**
 * The field `user` names the conversation. A token of scope chat has its own ones; with another token it is `api:<user>`.
 * A client's errand gets one beside it, which begins anew with each, so that it is neither seen nor paid for again.
 */
function conversationOf({ conversation, errand }: ChatPrompt, token: TokenRow): string {
  const name = [conversation, errand ? 'errand' : undefined].filter((part) => part !== undefined).join('.');
  if (token.scope === 'chat') return ownConversation(token, name);
  const home = { ...token, name: tameName(conversation ?? '') || 'openai' };
  return ownConversation(home, errand ? 'errand' : undefined);
}

function writer(response: Response): (data: string) => void {
  return (data) => {
    if (!response.headersSent) {
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
    }
    response.write(`data: ${data}\n\n`);
  };
}

/** Some clients ask again at a 409 too, so a turn that was stopped is none here. */
function failure({ data }: Extract<NumberedEvent, { type: 'error' }>): HttpProblem {
  const problem = turnFailure(data);
  return problem.type === 'conflict'
    ? new HttpProblem('turn-failed', data.message, { code: data.code })
    : problem;
}

/** @throws HttpProblem where the turn did not end well */
function completion(end: NumberedEvent): object {
  if (end.type === 'error') throw failure(end);
  if (end.type !== 'done') throw new Error(`a turn cannot end with ${end.type}`);
  const { text, usage, cut } = end.data;
  const message = { role: 'assistant', content: text, refusal: null };
  return {
    choices: [{ index: 0, message, logprobs: null, finish_reason: cut ? 'length' : 'stop' }],
    usage: toOpenAiUsage(usage),
  };
}

/** OpenAI's own clients count their tries, and send no key by which a second one could be told from a new question. */
function isRetry(request: Request): boolean {
  return Number(request.get('x-stainless-retry-count') ?? 0) > 0;
}

export const openAiErrors: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) return next(error);
  sendError(response, toProblem(error));
};

/** OpenAI's form of an error. A turn that was accepted must not be sent again by a client that retries by itself. */
function sendError(response: Response, problem: HttpProblem): void {
  const code = problem.extras.code ?? problem.type;
  const status = PROBLEM_TYPES[problem.type];
  const retry = problem.type === 'draining' || problem.type === 'queue-full';
  response
    .status(status)
    .set({ ...problem.headers, 'x-should-retry': String(retry) })
    .json(openAiError(problem.message, code, status < 500 ? 'invalid_request_error' : 'api_error'));
}
