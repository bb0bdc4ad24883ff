/**
 * Writes the messages of one run into the session as they arise. A streaming answer is written at most ten times a
 * second, so that a killed process loses a tenth of a second of it, and the first piece is told before the disk has it.
 */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import type { ContentPart, StoredMessage, ToolCall, ToolResult } from '@mobyclaw/protocol/cagent';
import type { SessionStore } from '../store/session-store.ts';

const WRITE_EVERY_MS = 100;

type Message = StoredMessage['message'];

export class MessageWriter {
  readonly #store: SessionStore;
  readonly #sessionId: string;
  readonly #agentName: string;
  readonly #clock: Clock;
  readonly #subSession: string | null;
  readonly #places: { next: number };

  /** @param agentName who runs, of the agents in soul.yaml */
  constructor(
    store: SessionStore,
    sessionId: string,
    agentName: string,
    clock: Clock,
    within: { subSession: string; places: { next: number } } | null = null,
  ) {
    this.#store = store;
    this.#sessionId = sessionId;
    this.#agentName = agentName;
    this.#clock = clock;
    this.#subSession = within?.subSession ?? null;
    this.#places = within?.places ?? { next: store.nextPosition(sessionId) };
  }

  /** For a sub-agent, whose messages stand among those of the same session, marked as its own. */
  forSubSession(id: string, agentName: string): MessageWriter {
    const within = { subSession: id, places: this.#places };
    return new MessageWriter(this.#store, this.#sessionId, agentName, this.#clock, within);
  }

  /** @returns its position in the session */
  user(content: string, parts: ContentPart[] | undefined): number {
    const message: Message = { role: 'user', content, ...(parts?.length ? { multi_content: parts } : {}) };
    return this.#append('', message);
  }

  toolResult(call: ToolCall, result: ToolResult): void {
    this.#append(this.#agentName, {
      role: 'tool',
      content: result.output ?? '',
      ...(call.id === undefined ? {} : { tool_call_id: call.id }),
      ...(result.isError ? { is_error: true } : {}),
    });
  }

  assistantText(content: string): void {
    this.#append(this.#agentName, { role: 'assistant', content });
  }

  /** A message of the model that is about to stream in. */
  draft(): AssistantDraft {
    let position: number | null = null;
    return new AssistantDraft(this.#clock, this.#now(), (message) => {
      position ??= this.#places.next++;
      this.#put(position, this.#agentName, message);
    });
  }

  #append(agentName: string, message: Message): number {
    const position = this.#places.next++;
    this.#put(position, agentName, { ...message, created_at: this.#now() });
    return position;
  }

  #put(position: number, agentName: string, message: Message): void {
    const marked = this.#subSession === null ? {} : { sub_session: this.#subSession };
    this.#store.put(this.#sessionId, position, { agentName, message, ...marked });
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

export class AssistantDraft {
  readonly #clock: Clock;
  readonly #write: (message: Message) => void;
  readonly #message: Message;
  #timer: Timer | null = null;
  #dirty = false;
  #again = false;

  constructor(clock: Clock, createdAt: string, write: (message: Message) => void) {
    this.#clock = clock;
    this.#write = write;
    this.#message = { role: 'assistant', content: '', created_at: createdAt };
  }

  /** The model begins anew, or another does: what came so far stays until the first piece of it is there. */
  restart(): void {
    this.#again = true;
  }

  text(delta: string): void {
    this.#begin();
    this.#message.content += delta;
    this.#changed();
  }

  reasoning(delta: string): void {
    this.#begin();
    this.#message.reasoning_content = (this.#message.reasoning_content ?? '') + delta;
    this.#changed();
  }

  /**
   * The message is complete.
   * @returns whether there is anything in it
   */
  finish(toolCalls: ToolCall[], usage: NonNullable<Message['usage']>, model: string): boolean {
    this.#begin();
    const empty = !this.#message.content && !this.#message.reasoning_content && toolCalls.length === 0;
    if (empty) return false;
    if (toolCalls.length > 0) this.#message.tool_calls = toolCalls;
    Object.assign(this.#message, { usage, model });
    this.#dirty = true;
    this.flush();
    return true;
  }

  /** Puts on disk what is not there yet. To be called at every end, also a bad one. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (!this.#dirty) return;
    this.#dirty = false;
    this.#write(this.#message);
  }

  #begin(): void {
    if (!this.#again) return;
    this.#again = false;
    this.#message.content = '';
    delete this.#message.reasoning_content;
  }

  #changed(): void {
    this.#dirty = true;
    this.#timer ??= this.#clock.after(WRITE_EVERY_MS, () => this.flush());
  }
}
