/**
 * The tool calls of one run: their names by id (newer agents name a tool only in its first event), which of them are
 * still without a result, and which may have acted.
 *
 * A call counts as open as soon as it is announced, which is a little early. That is the safe side: at worst, a session is
 * given up that could have been used, or a tool is named that did not run.
 */
interface Call {
  name: string;
  state: 'announced' | 'running' | 'done';
  /** The model was asked again after it was announced, so it cannot run any more. */
  stored: boolean;
  acted: boolean;
}

export class ToolCalls {
  readonly #calls = new Map<string, Call>();

  knows(id: string): boolean {
    return this.#calls.has(id);
  }

  name(id: string): string | undefined {
    return this.#calls.get(id)?.name;
  }

  /** @returns whether the call is new */
  announce(id: string, name: string): boolean {
    if (this.#calls.has(id)) return false;
    this.#calls.set(id, { name, state: 'announced', stored: false, acted: true });
    return true;
  }

  start(id: string, name: string): void {
    this.announce(id, name);
    const call = this.#calls.get(id);
    if (call) Object.assign(call, { state: 'running', acted: true });
  }

  /** It waits to be allowed, so it has not acted. */
  withhold(id: string, name: string): void {
    this.announce(id, name);
    const call = this.#calls.get(id);
    if (call) call.acted = false;
  }

  /** It was allowed. */
  release(id: string): void {
    const call = this.#calls.get(id);
    if (call) call.acted = true;
  }

  /** A result without a start is a refusal: denied, rejected or unknown, so the tool has not acted. */
  finish(id: string, name: string): void {
    this.announce(id, name);
    const call = this.#calls.get(id);
    if (!call) return;
    if (call.state === 'announced') call.acted = false;
    call.state = 'done';
  }

  /** An assistant message was stored: calls announced before belong to it. */
  messageStored(): void {
    for (const call of this.#calls.values()) call.stored = true;
  }

  /**
   * The model speaks again after a stored message. It is never asked while a call is open, so what was announced before
   * and has not started belongs to an attempt that the agent gave up.
   * @returns id and name of the calls that will never run
   */
  dropAbandoned(): { id: string; name: string }[] {
    return this.#drop((call) => call.state === 'announced' && call.stored);
  }

  /** The run has ended well: what has not started never will. */
  dropAnnounced(): { id: string; name: string }[] {
    return this.#drop((call) => call.state === 'announced');
  }

  #drop(which: (call: Call) => boolean): { id: string; name: string }[] {
    const dropped: { id: string; name: string }[] = [];
    for (const [id, call] of this.#calls) {
      if (!which(call)) continue;
      call.state = 'done';
      call.acted = false;
      dropped.push({ id, name: call.name });
    }
    return dropped;
  }

  get running(): boolean {
    return this.#some((call) => call.state === 'running');
  }

  /** Whether a tool call has no result yet; if the run ends now, the session keeps that open call. */
  get open(): boolean {
    return this.#some((call) => call.state !== 'done');
  }

  /** Names of the tools that may have acted, each once. */
  get acted(): string[] {
    return [...new Set([...this.#calls.values()].filter((call) => call.acted).map((call) => call.name))];
  }

  #some(which: (call: Call) => boolean): boolean {
    for (const call of this.#calls.values()) if (which(call)) return true;
    return false;
  }
}
