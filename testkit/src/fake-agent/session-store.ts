/**
 * Sessions of the fake agent, in memory and, where a file is given, in a log of JSON lines that is written as cagent
 * writes its database: each token at once, so that a SIGKILL leaves the partial answer. A record is one write, which a
 * SIGKILL does not cut.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { StoredMessage, StoredSession, ToolCall } from '@mobyclaw/protocol/cagent';

export interface Session extends StoredSession {
  messages: StoredMessage[];
}

type Record =
  | { r: 'session'; id: string; title: string; at: string }
  | { r: 'title'; id: string; title: string }
  | { r: 'message'; id: string; message: StoredMessage }
  | { r: 'text'; id: string; index: number; text: string }
  | { r: 'replace'; id: string; index: number; content: string; calls?: ToolCall[] }
  | { r: 'delete'; id: string };

export class SessionStore {
  readonly #sessions = new Map<string, Session>();
  readonly #file: number | null;

  constructor(path?: string) {
    if (path !== undefined && existsSync(path)) this.#load(readFileSync(path, 'utf8'));
    this.#file = path === undefined ? null : openSync(path, 'a', 0o600);
  }

  create(title: string): Session {
    const id = randomUUID();
    this.#write({ r: 'session', id, title, at: new Date().toISOString() });
    return this.#sessions.get(id) as Session;
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  all(): Session[] {
    return [...this.#sessions.values()];
  }

  rename(id: string, title: string): void {
    this.#write({ r: 'title', id, title });
  }

  remove(id: string): boolean {
    if (!this.#sessions.has(id)) return false;
    this.#write({ r: 'delete', id });
    return true;
  }

  /** @returns its place in the session */
  add(session: Session, message: StoredMessage['message'], agent = 'root'): number {
    const agentName = message.role === 'user' ? '' : agent;
    this.#write({ r: 'message', id: session.id, message: { agentName, message } });
    return session.messages.length - 1;
  }

  appendText(session: Session, index: number, text: string): void {
    if (this.#file === null) appendTo(session.messages[index], text);
    else this.#write({ r: 'text', id: session.id, index, text });
  }

  replace(session: Session, index: number, content: string, calls?: ToolCall[]): void {
    this.#write({ r: 'replace', id: session.id, index, content, ...(calls ? { calls } : {}) });
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
  }

  #write(record: Record): void {
    this.#apply(record);
    if (this.#file !== null) writeSync(this.#file, `${JSON.stringify(record)}\n`);
  }

  #load(log: string): void {
    for (const line of log.trimEnd().split('\n')) if (line !== '') this.#apply(JSON.parse(line) as Record);
  }

  #apply(record: Record): void {
    if (record.r === 'session') {
      const { id, title, at } = record;
      const counts = { input_tokens: 0, output_tokens: 0, tools_approved: false };
      this.#sessions.set(id, { id, title, messages: [], created_at: at, ...counts });
      return;
    }
    const session = this.#sessions.get(record.id);
    if (!session) return;
    if (record.r === 'title') session.title = record.title;
    else if (record.r === 'message') session.messages.push(record.message);
    else if (record.r === 'text') appendTo(session.messages[record.index], record.text);
    else if (record.r === 'delete') this.#sessions.delete(record.id);
    else {
      const message = session.messages[record.index]?.message;
      if (!message) return;
      message.content = record.content;
      if (record.calls) message.tool_calls = record.calls;
    }
  }
}

function appendTo(item: StoredMessage | undefined, text: string): void {
  if (item) item.message.content = (item.message.content ?? '') + text;
}

/** Ids of tool calls that have no result in the session. */
export function danglingCalls({ messages }: Session): string[] {
  const open = new Set<string>();
  for (const { message } of messages) {
    for (const { id } of message.tool_calls ?? []) if (id !== undefined) open.add(id);
    if (message.tool_call_id !== undefined) open.delete(message.tool_call_id);
  }
  return [...open];
}
