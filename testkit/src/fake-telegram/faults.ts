/** What goes wrong on the way to the Bot API and back, as a test asks for it. */
export type Fault =
  /** No answer ever comes; `after`: although the call was carried out. */
  | { how: 'hang'; after?: boolean }
  /** The connection is reset; `after`: although the call was carried out. */
  | { how: 'drop'; after?: boolean }
  /** An answer of the front, such as 500, 502 or 504, without a body that says more. */
  | { how: 'status'; status: number }
  /** A refusal of the Bot API. */
  | { how: 'refuse'; code: number; description: string; retryAfter?: number; migrateTo?: number };

interface Planned {
  method: string;
  chat: number | null;
  fault: Fault;
  left: number;
}

export class Faults {
  /** Calls that a fault has struck. */
  taken = 0;
  readonly #planned: Planned[] = [];

  /**
   * @param method of the Bot API, or `*`
   * @param times how often; Infinity until `clear`
   * @param chat only calls for this chat
   */
  plan(method: string, fault: Fault, times = 1, chat: number | null = null): void {
    this.#planned.push({ method, fault, left: times, chat });
  }

  clear(): void {
    this.#planned.length = 0;
  }

  take(method: string, chat: number | null): Fault | null {
    const planned = this.#planned.find(
      (one) => one.left > 0 && (one.method === method || one.method === '*') && (one.chat ?? chat) === chat,
    );
    if (!planned) return null;
    planned.left--;
    this.taken++;
    return planned.fault;
  }
}
