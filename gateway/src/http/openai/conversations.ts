/**
 * Which of Moby's conversations a request of an OpenAI client belongs to. If the client names one (by header, `conversation`
 * or `user`, or by the response that it goes on from), it is that. If it does not, the chat is known by how it began, so
 * that two chats of one client, such as Open WebUI, do not run together: a chat's first message begins a conversation,
 * and later requests, which carry the whole chat, are told by its first message and the answer to it.
 */
import { createHash } from 'node:crypto';
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import { sessionKeySchema } from '@mobyclaw/protocol/session-key';
import type { Request } from 'express';
import type { Store } from '../../store/store.ts';
import type { TokenRow } from '../../store/token-store.ts';
import { isOwnConversation, ownConversation, refuseForeign, tameName } from '../chat-scope.ts';
import type { Asked, Opening } from './said.ts';

/** Open WebUI sends the id of its chat where ENABLE_FORWARD_USER_INFO_HEADERS is set. */
const NAMING_HEADERS = ['x-mobyclaw-session', 'x-openwebui-chat-id'] as const;
const MOST_CANDIDATES = 50;

export interface Sender {
  token: TokenRow;
  /** Under which a repeat is the same message, or null. */
  key: string | null;
  /** The client says that it asks again. */
  retry: boolean;
}

/**
 * @param askedBefore whether the same words are open in a conversation, or were answered a moment ago
 * @returns the session key
 * @throws HttpProblem where the conversation is not this token's, or there is no such response
 */
export function conversationOf(
  asked: Asked,
  request: Pick<Request, 'get'>,
  sender: Sender,
  store: Store,
  askedBefore: (session: string) => boolean,
): string {
  const { token } = sender;
  const named = NAMING_HEADERS.map((header) => decoded(request.get(header))).find(
    (name) => name !== undefined,
  );
  const session =
    named ?? (asked.conversation === undefined ? previousSession(asked, token, store) : undefined);
  if (session?.includes(':')) return errandOr(asSession(session, token), asked);
  const name = session ?? asked.conversation;
  if (name !== undefined || asked.errand)
    return ownConversation(home(token, name), errandName(token, name, asked));
  return byOpening(asked, sender, store, askedBefore);
}

/** What a client may send as a session: the whole key, of its own. */
function asSession(session: string, token: TokenRow): string {
  const key = sessionKeySchema.safeParse(session);
  if (!key.success) {
    throw new HttpProblem(
      'validation-failed',
      `x-mobyclaw-session takes a conversation such as api:me.shopping, or its name alone, not "${session.slice(0, 100)}".`,
    );
  }
  if (token.scope === 'chat') refuseForeign(token, key.data);
  return key.data;
}

function previousSession({ previous }: Asked, token: TokenRow, store: Store): string | undefined {
  if (previous === undefined) return undefined;
  const turn = store.turns.find(previous.replace(/^resp_/, ''));
  if (!turn || (token.scope === 'chat' && !isOwnConversation(token, turn.session))) {
    throw new HttpProblem('not-found', `There is no response ${previous.slice(0, 100)} to go on from.`);
  }
  return turn.session;
}

/** An errand gets a conversation beside, which begins anew with each, so that it is neither seen nor paid for again. */
function errandOr(session: string, { errand }: Asked): string {
  return errand ? `${session}.errand` : session;
}

function home(token: TokenRow, name: string | undefined): TokenRow {
  return token.scope === 'chat' ? token : { ...token, name: tameName(name ?? '') || 'openai' };
}

function errandName(token: TokenRow, name: string | undefined, { errand }: Asked): string | undefined {
  const parts = [token.scope === 'chat' ? name : undefined, errand ? 'errand' : undefined];
  const given = parts.filter((part) => part !== undefined);
  return given.length === 0 ? undefined : given.join('.');
}

function byOpening(
  { opening }: Asked,
  { token, key, retry }: Sender,
  store: Store,
  askedBefore: (session: string) => boolean,
): string {
  const prefix = ownConversation(home(token, undefined), `${digest(opening.text)}-`);
  const known = store.sessions.startingWith(prefix, MOST_CANDIDATES);
  if (opening.answer !== undefined) {
    const same = known.find((session) => isAnswer(store, session, opening));
    return same ?? known[0] ?? `${prefix}${digest(opening.answer)}`;
  }
  const again = key === null && retry ? known.find(askedBefore) : undefined;
  return again ?? `${prefix}${digest(key ?? uuidv7())}`;
}

function isAnswer(store: Store, session: string, { answer }: Opening): boolean {
  const said = store.messages.firstAnswer(session);
  return said !== null && answer !== undefined && said.trim() === answer.trim();
}

function digest(text: string): string {
  return createHash('sha256').update(text.trim()).digest('hex').slice(0, 8);
}

function decoded(header: string | undefined): string | undefined {
  if (header === undefined || header.trim() === '') return undefined;
  try {
    return decodeURIComponent(header.trim());
  } catch {
    return header.trim(); // a name with a bare percent sign
  }
}
