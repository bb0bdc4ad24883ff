/** What goes wrong on the way to WhatsApp and back, as a test asks for it. */
import type { Node } from './library.ts';

/** `query` is an `<iq>` that asks for something; pings and the greeting of a connection are spared. */
export type StanzaKind = 'send' | 'edit' | 'query';

export type Fault =
  /** Not taken, with this code: in the acknowledgement of a message, or in the answer to a query. */
  | { how: 'refuse'; error: string }
  /** No answer ever comes; `after`: although it was carried out. */
  | { how: 'hang'; after?: boolean }
  /** The connection is reset; `after`: although it was carried out. */
  | { how: 'drop'; after?: boolean };

interface Planned {
  kind: StanzaKind | '*';
  fault: Fault;
  left: number;
}

export class Faults {
  /** Stanzas that a fault has struck. */
  taken = 0;
  readonly #planned: Planned[] = [];

  plan(kind: StanzaKind | '*', fault: Fault, times = 1): void {
    this.#planned.push({ kind, fault, left: times });
  }

  clear(): void {
    this.#planned.length = 0;
  }

  take(stanza: Node): Fault | null {
    const kind = kindOf(stanza);
    const planned = this.#planned.find((one) => one.left > 0 && (one.kind === kind || one.kind === '*'));
    if (kind === null || !planned) return null;
    planned.left--;
    this.taken++;
    return planned.fault;
  }
}

function kindOf({ tag, attrs: { edit, xmlns = '' } }: Node): StanzaKind | null {
  if (tag === 'message') return edit === undefined ? 'send' : 'edit';
  return tag === 'iq' && !['w:p', 'passive', 'encrypt', 'md'].includes(xmlns) ? 'query' : null;
}
