/**
 * Which form of run body the agent takes. cagent changed it in v1.62.0 from a bare array to an object, says its version
 * nowhere, and refuses the other form before it stores anything. So a run on a session that cannot exist, with an empty
 * array, tells them apart without side effects: 400 (no object) or "session not found" (a fine array).
 */
import { randomUUID } from 'node:crypto';
import type { Generation } from './agent.ts';
import { httpError } from './http-error.ts';
import type { Transport } from './transport.ts';

export class GenerationProbe {
  readonly #transport: Transport;
  readonly #agentKey: string;
  readonly #timeoutMs: number;
  readonly #override: Generation | undefined;
  #probing: Promise<Generation> | null = null;
  #known: Generation | 'unknown' = 'unknown';

  constructor(transport: Transport, agentKey: string, timeoutMs: number, override?: Generation) {
    this.#transport = transport;
    this.#agentKey = agentKey;
    this.#timeoutMs = timeoutMs;
    this.#override = override;
  }

  get known(): Generation | 'unknown' {
    return this.#override ?? this.#known;
  }

  get overridden(): boolean {
    return this.#override !== undefined;
  }

  forget(): void {
    this.#known = 'unknown';
    this.#probing = null;
  }

  /** Runs that start together share one probe. @throws AgentError where the agent gave no usable answer */
  async current(): Promise<Generation> {
    if (this.known !== 'unknown') return this.known;
    const probing = this.#probing ?? this.#probe();
    this.#probing = probing;
    try {
      const found = await probing;
      if (this.#probing === probing) this.#known = found;
      return found;
    } finally {
      if (this.#probing === probing) this.#probing = null;
    }
  }

  async #probe(): Promise<Generation> {
    const { status, body } = await this.#transport.exchange(
      { method: 'POST', path: `/api/sessions/${randomUUID()}/agent/${this.#agentKey}`, body: '[]' },
      this.#timeoutMs,
    );
    if (status === 400) return 'messages-object';
    if (status === 500 || status === 404) return 'messages-array';
    throw httpError(status, body);
  }
}

/** The body of a run: exactly one message, since cagent stores only the last one of several. A model stands in the newer form alone. */
export function runBody(
  generation: Generation,
  text: string,
  images: readonly { dataUrl: string }[],
  model?: string,
): string {
  const message: Record<string, unknown> = { role: 'user', content: text };
  if (images.length > 0) {
    message.multi_content = [
      ...(text === '' ? [] : [{ type: 'text', text }]), // providers ignore `content` beside parts
      ...images.map(({ dataUrl }) => ({ type: 'image_url', image_url: { url: dataUrl, detail: 'auto' } })),
    ];
  }
  if (model !== undefined) return JSON.stringify({ messages: [message], model });
  return JSON.stringify(generation === 'messages-object' ? { messages: [message] } : [message]);
}
