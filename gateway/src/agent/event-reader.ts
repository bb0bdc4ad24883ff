/**
 * From a line of the stream to an event. Only `data:` lines count; comments, `id:` and the rest of SSE are skipped, as
 * cagent's events are one line each. A line that is no event is counted and skipped, never fatal.
 *
 * Long lines of types that nobody needs are not parsed at all: whole sub-sessions, and the cumulative `partial_tool_call`s of v1.32.3, which repeat all arguments so far with each token.
 */
import { type JsonObject, parseJson } from './json.ts';

/** Below this, parsing costs less than looking first. */
const PEEK_FROM_BYTES = 4096;
const PEEK_BYTES = 512;
/** Of the user's message as the agent echoes it: longer ones, which hold pictures, are not read. In bytes of the stream. */
export const MOST_ECHO_BYTES = 1024 * 1024;
const UNUSED = new Set(['sub_session_completed', 'session_summary', 'tool_call_output']);

export interface AgentEvent extends JsonObject {
  type: string;
}

export class EventReader {
  readonly #knowsCall: (id: string) => boolean;
  /** Lines that were no events. */
  invalidLines = 0;

  /** @param knowsCall whether a tool call was announced before, so that a further part of it tells nothing new */
  constructor(knowsCall: (id: string) => boolean) {
    this.#knowsCall = knowsCall;
  }

  /** @returns null for a line that carries nothing of use */
  read(line: Buffer): AgentEvent | null {
    if (line.length < 5 || line.toString('latin1', 0, 5) !== 'data:') return null;
    if (line.length > PEEK_FROM_BYTES && this.#isUnused(line)) return null;
    const event = parseJson(line.toString('utf8', 5, line.length));
    if (typeof event === 'object' && event !== null && typeof (event as JsonObject).type === 'string') {
      return event as AgentEvent;
    }
    this.invalidLines += 1;
    return null;
  }

  #isUnused(line: Buffer): boolean {
    const head = line.toString('latin1', 5, PEEK_BYTES);
    const type = /^ ?\{"type":"([a-z_]+)"/.exec(head)?.[1];
    if (type === undefined) return false;
    if (type === 'user_message') return line.length > MOST_ECHO_BYTES;
    if (type !== 'partial_tool_call') return UNUSED.has(type);
    const id = /"tool_call":\{"id":"([^"\\]*)"/.exec(head)?.[1];
    return id !== undefined && this.#knowsCall(id);
  }
}
