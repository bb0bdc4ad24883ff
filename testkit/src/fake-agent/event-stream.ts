/** Writes events as cagent does: one `data:` line each, flushed at once, fields in its order. */
import type { ServerResponse } from 'node:http';

export class EventStream {
  readonly sessionId: string;
  readonly #response: ServerResponse;
  readonly #session: string;
  readonly #agent: string;

  /** @param agent its name in soul.yaml */
  constructor(response: ServerResponse, sessionId: string, agent = 'root') {
    this.#response = response;
    this.sessionId = sessionId;
    this.#session = JSON.stringify(sessionId);
    this.#agent = agent;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    response.flushHeaders();
    response.socket?.setNoDelay(true);
  }

  /** The hot path: one token. */
  text(type: 'agent_choice' | 'agent_choice_reasoning', content: string): void {
    this.#response.write(
      `data: {"type":"${type}","content":${JSON.stringify(content)},"session_id":${this.#session},` +
        `"agent_name":${JSON.stringify(this.#agent)},"timestamp":"${new Date().toISOString()}"}\n\n`,
    );
  }

  /** An event of our own session. */
  own(type: string, fields: Record<string, unknown> = {}): void {
    this.send({ type, session_id: this.sessionId, ...fields });
  }

  send(event: Record<string, unknown>): void {
    const stamped = { agent_name: this.#agent, timestamp: new Date().toISOString(), ...event };
    const { type, ...rest } = stamped as Record<string, unknown>;
    this.#response.write(`data: ${JSON.stringify({ type, ...rest })}\n\n`);
  }

  end(): void {
    this.#response.end();
  }

  reset(): void {
    this.#response.socket?.resetAndDestroy();
  }
}
