/** `POST /prompt` and `POST /prompt/stream`: a prompt becomes a turn; its client may leave, the turn goes on. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import { MAX_PROMPT_CHARS, promptRequestSchema } from '@mobyclaw/protocol/prompt';
import { platformOf } from '@mobyclaw/protocol/session-key';
import type { PromptAnswer } from '@mobyclaw/protocol/turn';
import { type Request, type Response, Router } from 'express';
import type { TokenRow } from '../../store/token-store.ts';
import { BARE_FILE } from '../../turns/attachments.ts';
import type { Accepted } from '../../turns/inbox.ts';
import { readAttached } from '../attached-files.ts';
import { streamEvents } from '../event-stream.ts';
import type { HttpServices } from '../http-services.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { turnFailure } from '../turn-failure.ts';
import { validate } from '../validate.ts';

export function promptRoutes(services: HttpServices): Router {
  const { turns, clock } = services;
  const router = Router();

  router.post('/prompt', async (request, response) => {
    const accepted = await accept(request, response);
    const end = await turns.ended(accepted.turn);
    response.json(answerOf(accepted, end));
  });

  router.post('/prompt/stream', async (request, response) => {
    const { turn } = await accept(request, response);
    streamEvents(response, clock, (listener) => turns.follow(turn.id, 0, listener));
  });

  return router;

  async function accept(request: Request, response: Response): Promise<Accepted> {
    const body = readPrompt(request);
    const sent = body.attachments ?? [];
    const { attachments, notes } = await readAttached(sent, services, response);
    const session = body.session ?? 'api:default';
    const token = response.locals.token as TokenRow;
    const key = idempotencyKey(request);
    return turns.accept({
      ...(key === null ? {} : { key: `${platformOf(session)}:${token.id}:${session}:${key}` }),
      session,
      source: platformOf(session),
      sender: 'owner',
      prompt: body.prompt === '' ? BARE_FILE : body.prompt,
      attachments,
      sent,
      notes,
      queueMode: body.queue ?? null,
      noAsk: body.noAsk ?? false,
    });
  }
}

function readPrompt(request: Request) {
  if (!request.is('json')) {
    throw new HttpProblem('unsupported-media-type', 'Send JSON, with Content-Type: application/json.');
  }
  const prompt: unknown = request.body?.prompt;
  if (typeof prompt === 'string' && prompt.length > MAX_PROMPT_CHARS) {
    throw new HttpProblem(
      'payload-too-large',
      `The prompt has ${prompt.length} characters; ${MAX_PROMPT_CHARS} are the most. Send long text as an attachment.`,
    );
  }
  return validate(promptRequestSchema, request.body);
}

/** @throws HttpProblem where the turn did not end well */
function answerOf({ turn }: Accepted, end: NumberedEvent): PromptAnswer {
  if (end.type === 'done') {
    const { text, usage, cut } = end.data;
    return { turn: turn.id, session: turn.session, text, usage, ...(cut ? { cut } : {}) };
  }
  if (end.type !== 'error') throw new Error(`a turn cannot end with ${end.type}`);
  throw turnFailure(end.data, turn.id);
}
