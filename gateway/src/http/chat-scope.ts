/**
 * What a token of scope `chat` may do: ask, follow and stop, in its own conversations. Those are `api:<its name>` and
 * `api:<its name>.<anything>`, so that they can be told from the token alone and no two tokens share one.
 *
 * Reads the request's path and body; whatever is not listed here is refused, also a route that comes later.
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { type NextFunction, type Request, type Response, Router } from 'express';
import type { Store } from '../store/store.ts';
import type { TokenRow } from '../store/token-store.ts';
import { RESPONSE_PREFIX } from './openai/response-object.ts';

const MOST_NAME_CHARS = 64; // of the name in a session key
const TOKEN_NAME = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,31}$/u; // without a dot, which ends it in the names of its conversations

/** Conversations of whoever names none: at `/prompt`, at `/v1` and by ask_moby. */
const SHARED_NAMES = ['default', 'openai', 'mcp'];

/** Why a token of scope `chat` cannot have this name; null where it can. */
export function chatNameProblem(name: string): string | null {
  if (SHARED_NAMES.includes(name))
    return `api:${name} is where programs land that name no conversation, and what is said there is not this token's to read. Take another name.`;
  if (TOKEN_NAME.test(name)) return null;
  return `A token of scope chat names its conversations: up to 32 letters, digits, _ and -, beginning with a letter or digit, not "${name}".`;
}

/**
 * @param name of the conversation as the program calls it; without one, the token's first
 * @returns the session key
 */
export function ownConversation(token: TokenRow, name?: string): string {
  const home = `api:${token.name}`;
  const tame = name === undefined ? '' : tameName(name);
  return tame === '' ? home : `api:${cutText(`${token.name}.${tame}`, MOST_NAME_CHARS)}`;
}

/** @returns what of a name a session key can hold; what it cannot becomes a dash. May be empty. */
export function tameName(name: string): string {
  return name
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[._-]+/, '');
}

/** Passes what the token may do and throws an HttpProblem for the rest. */
export function chatScope({ store }: { store: Store }): Router {
  const router = Router();

  router.get(['/v1/models', '/v1/models/:id'], (_request, _response, next) => next('router'));

  // Their routes name the conversation.
  router.post(['/v1/chat/completions', '/v1/responses'], (_request, _response, next) => next('router'));

  const response = (request: Request, response: Response, next: NextFunction): void => {
    refuseForeignTurn(tokenOf(response), (request.params.id as string).replace(RESPONSE_PREFIX, ''));
    next('router');
  };
  router.get('/v1/responses/:id', response);
  router.post('/v1/responses/:id/cancel', response);

  router.post(['/prompt', '/prompt/stream'], (request, response, next) => {
    const token = tokenOf(response);
    const { session } = (request.body ?? {}) as { session?: unknown };
    if (session === undefined || session === null) {
      if (request.body) request.body.session = ownConversation(token);
    } else refuseForeign(token, typeof session === 'string' ? session : JSON.stringify(session));
    next('router');
  });

  router.get(['/api/turns/:id', '/api/turns/:id/events'], (request, response, next) => {
    refuseForeignTurn(tokenOf(response), request.params.id as string);
    next('router');
  });

  router.post('/api/turns/:id/cancel', (request, response, next) => {
    refuseForeignTurn(tokenOf(response), request.params.id);
    next('router');
  });

  router.get(['/api/sessions/:key', '/api/sessions/:key/messages'], (request, response, next) => {
    refuseForeign(tokenOf(response), request.params.key as string);
    next('router');
  });

  router.post(['/api/sessions/:key/stop', '/api/sessions/:key/reset'], (request, response, next) => {
    refuseForeign(tokenOf(response), request.params.key as string);
    next('router');
  });

  router.use(() => {
    throw new HttpProblem(
      'forbidden',
      'A token with scope chat may ask, follow and stop in its own conversations; this needs admin, or read to look.',
    );
  });

  return router;

  /** A turn of somebody else's is as one that is not there. */
  function refuseForeignTurn(token: TokenRow, id: string): void {
    const turn = store.turns.find(id);
    if (!turn || !isOwnConversation(token, turn.session))
      throw new HttpProblem('not-found', `There is no turn ${id}.`);
  }
}

/** @throws HttpProblem where a conversation is not of a token of scope `chat` */
export function refuseForeign(token: TokenRow, session: string): void {
  if (isOwnConversation(token, session)) return;
  const home = ownConversation(token);
  throw new HttpProblem(
    'forbidden',
    `This token has the conversations ${home} and ${home}.<name>, not ${cutText(session, 200)}. Leave session out, or take one of those.`,
  );
}

/** Whether a conversation is one of a token of scope `chat`. */
export function isOwnConversation(token: TokenRow, session: string): boolean {
  const home = ownConversation(token);
  return session === home || session.startsWith(`${home}.`);
}

function tokenOf({ locals }: { locals: Record<string, unknown> }): TokenRow {
  return locals.token as TokenRow;
}
