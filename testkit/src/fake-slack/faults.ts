/** What goes wrong on the way to Slack and back, as a test asks for it. */
export type Fault =
  /** No answer ever comes; `after`: although the call was carried out. */
  | { how: 'hang'; after?: boolean }
  /** The connection is reset; `after`: although the call was carried out. */
  | { how: 'drop'; after?: boolean }
  /** Another status, without a body that says more; `after`: although the call was carried out. */
  | { how: 'status'; status: number; after?: boolean }
  /** 429, with `Retry-After` in seconds where given. */
  | { how: 'limit'; retryAfter?: number }
  /** `ok: false` with this code. */
  | { how: 'refuse'; error: string };

interface Planned {
  method: string;
  fault: Fault;
  left: number;
}

export class Faults {
  /** Calls that a fault has struck. */
  taken = 0;
  readonly #planned: Planned[] = [];

  /** @param method of the Web API, or `*` */
  plan(method: string, fault: Fault, times = 1): void {
    this.#planned.push({ method, fault, left: times });
  }

  clear(): void {
    this.#planned.length = 0;
  }

  take(method: string): Fault | null {
    const planned = this.#planned.find(
      (one) => one.left > 0 && (one.method === method || one.method === '*'),
    );
    if (!planned) return null;
    planned.left--;
    this.taken++;
    return planned.fault;
  }
}
