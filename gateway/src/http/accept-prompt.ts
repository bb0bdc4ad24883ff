/** A request with a prompt becomes a turn, whichever route it came by. */
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { MAX_PROMPT_CHARS, promptRequestSchema } from '@mobyclaw/protocol/prompt';
import { platformOf } from '@mobyclaw/protocol/session-key';
import type { Request, Response } from 'express';
import type { TokenRow } from '../store/token-store.ts';
import { BARE_FILE } from '../turns/attachments.ts';
import type { Accepted, InboundMessage } from '../turns/inbox.ts';
import { readAttached } from './attached-files.ts';
import type { HttpServices } from './http-services.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { validate } from './validate.ts';

/** @throws HttpProblem, or what TurnService.accept throws; the message was then not accepted */
export async function acceptPrompt(
  services: HttpServices,
  request: Request,
  response: Response,
): Promise<Accepted> {
  const body = readPrompt(request);
  const sent = body.attachments ?? [];
  const session = body.session ?? 'api:default';
  const { attachments, spoken, notes } = await readAttached(sent, session, services, response);
  const written = body.prompt === '' ? [] : [body.prompt];
  return services.turns.accept({
    ...keysOf(request, response, session),
    session,
    source: platformOf(session),
    sender: 'owner',
    prompt: [...written, ...spoken].join('\n\n') || BARE_FILE,
    attachments,
    sent: { prompt: written[0] ?? BARE_FILE, attachments: sent },
    spoken: spoken.length > 0,
    notes,
    queueMode: body.queue ?? null,
    modelWanted: body.model ?? null,
    noAsk: body.noAsk ?? false,
  });
}

/**
 * Under which a repeat is the same turn. All browsers are one client: a message that was written under one login and is sent
 * again under the next is the same.
 */
export function keysOf(
  request: Request,
  response: Response,
  session: string,
): Pick<InboundMessage, 'key' | 'clientKey'> {
  const key = idempotencyKey(request);
  if (key === null) return {};
  const token = response.locals.token as TokenRow;
  const client = token.expiresAt === null ? token.id : 'page';
  return { key: `${platformOf(session)}:${client}:${session}:${key}`, clientKey: key };
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
