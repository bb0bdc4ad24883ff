/** The agent's sessions: made, read, deleted. History lives in the agent; the gateway keeps only the id. */
import type { Permissions, StoredSession } from '@mobyclaw/protocol/cagent';
import type { KnownSession } from './agent.ts';
import { AgentError } from './agent-error.ts';
import { httpError } from './http-error.ts';
import { asObject, asText, parseJson } from './json.ts';
import type { Call, Transport } from './transport.ts';

const LIST_TIMEOUT_MS = 300_000; // older agents read all messages of all sessions for it

export class Sessions {
  readonly #transport: Transport;
  readonly #timeoutMs: number;

  constructor(transport: Transport, timeoutMs: number) {
    this.#transport = transport;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Without a title cagent has the model invent one, which costs a call and can crash v1.32.3 (reference §3.6); versions
   * before v1.91 take it only afterwards. Tools are never approved beforehand: that would override deny rules.
   * @returns the id, which is the agent's to choose
   * @throws AgentError
   */
  async create(title: string, permissions?: Permissions): Promise<string> {
    const body = JSON.stringify({ title, tools_approved: false, ...(permissions && { permissions }) });
    const session = asObject(await this.#json({ method: 'POST', path: '/api/sessions', body }));
    const id = asText(session.id);
    if (id === '') throw new AgentError('stream_corrupt', 'The agent made a session without an id.');
    if (session.title !== title) {
      await this.#json({ method: 'PATCH', path: `${pathOf(id)}/title`, body: JSON.stringify({ title }) });
    }
    return id;
  }

  /** A run under way does not see it. @returns false where there is no such route @throws AgentError */
  async setPermissions(id: string, permissions: Permissions | null): Promise<boolean> {
    const body = JSON.stringify({ permissions });
    const call: Call = { method: 'PATCH', path: `${pathOf(id)}/permissions`, body };
    const answer = await this.#transport.exchange(call, this.#timeoutMs);
    if (answer.status === 404 || answer.status === 405) return false;
    if (answer.status !== 200) throw httpError(answer.status, answer.body);
    return true;
  }

  /** @throws AgentError */
  async list(): Promise<KnownSession[]> {
    const { status, body } = await this.#transport.exchange(
      { method: 'GET', path: '/api/sessions' },
      LIST_TIMEOUT_MS,
    );
    if (status !== 200) throw httpError(status, body);
    const items = parseJson(body);
    if (!Array.isArray(items)) return []; // Go's way to say that there is none
    return items.map(asObject).flatMap(({ id, title, created_at }) => {
      const createdAt = Date.parse(asText(created_at));
      // One of unknown age is left alone: it may have been made this moment.
      return asText(id) === '' || Number.isNaN(createdAt)
        ? []
        : [{ id: asText(id), title: asText(title), createdAt }];
    });
  }

  /** @returns null where the agent does not know it. @throws AgentError */
  async get(id: string): Promise<StoredSession | null> {
    const { status, body } = await this.#transport.exchange(
      { method: 'GET', path: pathOf(id) },
      this.#timeoutMs,
    );
    if (status === 404) return null;
    if (status !== 200) throw httpError(status, body);
    const session = asObject(parseJson(body));
    if (asText(session.id) === '')
      throw new AgentError('stream_corrupt', 'The agent sent a session that is none.');
    return session as unknown as StoredSession;
  }

  /** One that is gone already is fine; cagent has a 500 for it. @throws AgentError */
  async remove(id: string): Promise<void> {
    const { status, body } = await this.#transport.exchange(
      { method: 'DELETE', path: pathOf(id) },
      this.#timeoutMs,
    );
    if (status === 200 || status === 202 || status === 404) return;
    if (status === 500 && (await this.get(id)) === null) return;
    throw httpError(status, body);
  }

  async #json(call: Call): Promise<unknown> {
    const { status, body } = await this.#transport.exchange(call, this.#timeoutMs);
    if (status !== 200 && status !== 201) throw httpError(status, body);
    return parseJson(body);
  }
}

function pathOf(id: string): string {
  return `/api/sessions/${encodeURIComponent(id)}`;
}
