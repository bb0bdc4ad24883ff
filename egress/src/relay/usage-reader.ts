/**
 * Reads from a provider's answer, as it passes by, what it used: Anthropic's messages, OpenAI's chat completions and
 * responses, Google's generateContent, each as a stream of events and as one JSON text. Nothing is kept but the line that is
 * being read, and nothing is changed.
 *
 * Anthropic tells the input at the beginning and the output, which grows, at each `message_delta`; the others tell all of it
 * in the last event that has a usage. So what a stream told before it was cut is known.
 */
import type { Wire } from '@mobyclaw/lib/model-routes';
import type { TokenCount } from '@mobyclaw/lib/prices';
import { JsonFields } from './json-fields.ts';

const NEWLINE = 0x0a;
const MOST_LINE_BYTES = 4 * 1024 * 1024; // the last event of OpenAI's responses holds the whole answer once more
const DATA = Buffer.from('data:');
const USAGE = ['usage', 'usageMetadata'];

export class UsageReader {
  readonly #wire: Wire;
  readonly #whole: JsonFields | null;
  #line: Buffer[] = [];
  #lineBytes = 0;
  #told: Record<string, unknown> = {};
  #events = 0;

  /** @param contentType of the answer */
  constructor(wire: Wire, contentType: string) {
    this.#wire = wire;
    this.#whole = /^text\/event-stream/i.test(contentType) ? null : new JsonFields(USAGE);
  }

  /** Events that were seen, of a stream: about as many as tokens. */
  get events(): number {
    return this.#events;
  }

  write(chunk: Buffer): void {
    this.#whole?.write(chunk);
    if (this.#whole) return;
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      const rest = chunk.subarray(from, end);
      const line = this.#line.length > 0 ? Buffer.concat([...this.#line, rest]) : rest;
      if (this.#lineBytes + rest.length <= MOST_LINE_BYTES) this.#event(line);
      this.#line = [];
      this.#lineBytes = 0;
      from = end + 1;
    }
    const rest = chunk.subarray(from);
    this.#lineBytes += rest.length;
    if (rest.length > 0 && this.#lineBytes <= MOST_LINE_BYTES) this.#line.push(Buffer.from(rest));
  }

  /** @returns null as long as nothing was told */
  get usage(): TokenCount | null {
    if (this.#whole) {
      for (const name of USAGE) {
        const text = this.#whole.found.get(name);
        if (text !== undefined) this.#take(parsed(text));
      }
    }
    return Object.keys(this.#told).length === 0 ? null : countOf(this.#wire, this.#told);
  }

  #event(line: Buffer): void {
    if (!line.subarray(0, DATA.length).equals(DATA)) return;
    this.#events++;
    if (!line.includes('sage')) return; // usage, usageMetadata, message
    const event = parsed(line.subarray(DATA.length).toString('utf8')) as {
      usage?: unknown;
      usageMetadata?: unknown;
      message?: { usage?: unknown };
      response?: { usage?: unknown };
    } | null;
    if (event === null || typeof event !== 'object') return;
    this.#take(event.usage ?? event.usageMetadata ?? event.message?.usage ?? event.response?.usage);
  }

  /** What was told before stays where it is not told again: Anthropic tells the input once. */
  #take(usage: unknown): void {
    if (typeof usage !== 'object' || usage === null) return;
    for (const [name, value] of Object.entries(usage)) if (value !== null) this.#told[name] = value;
  }
}

function countOf(wire: Wire, told: Record<string, unknown>): TokenCount {
  const number = (value: unknown): number => (typeof value === 'number' && value > 0 ? Math.round(value) : 0);
  if (wire === 'anthropic') {
    const cachedTokens = number(told.cache_read_input_tokens);
    const cacheWriteTokens = number(told.cache_creation_input_tokens);
    const inputTokens = number(told.input_tokens) + cachedTokens + cacheWriteTokens;
    return { inputTokens, outputTokens: number(told.output_tokens), cachedTokens, cacheWriteTokens };
  }
  if (wire === 'google') {
    const inputTokens = number(told.promptTokenCount) + number(told.toolUsePromptTokenCount);
    const outputTokens = number(told.candidatesTokenCount) + number(told.thoughtsTokenCount);
    return { inputTokens, outputTokens, cachedTokens: number(told.cachedContentTokenCount) };
  }
  const details = (told.prompt_tokens_details ?? told.input_tokens_details) as
    | { cached_tokens?: unknown }
    | undefined;
  return {
    inputTokens: number(told.prompt_tokens ?? told.input_tokens),
    outputTokens: number(told.completion_tokens ?? told.output_tokens),
    cachedTokens: number(details?.cached_tokens),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // `[DONE]`, or what a provider broke off
  }
}
