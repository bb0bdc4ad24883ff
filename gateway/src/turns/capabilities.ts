/**
 * The capability of each run: made when the agent is asked, and looked at when a tool call comes back with it. A right
 * signature alone is not enough here: that attempt of the turn must still be running, so a capability that was leaked is
 * useless once the turn has ended.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '@mobyclaw/lib/clock';
import { requireCapability, signCapability } from '@mobyclaw/mcp/capability';
import { type McpCaller, ToolError } from '@mobyclaw/mcp/tool';
import type { Asker, Upkeep } from '@mobyclaw/protocol/capability';
import type { Store } from '../store/store.ts';
import { type TurnRow, UPKEEP } from '../store/turn-store.ts';

const LONGEST_RUN_MS = 86_400_000; // a tool may build for hours; each attempt gets a new one

export interface CapabilitiesOptions {
  /** Shared with the memory server; without one of those a key of this process's own is enough. */
  key: string | undefined;
  store: Store;
  clock: Clock;
  /** A run of this turn begins with it. */
  onIssued?: (turn: TurnRow, capability: string) => void;
}

export class Capabilities {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #key: string;
  readonly #onIssued: CapabilitiesOptions['onIssued'];

  constructor({ key, store, clock, onIssued }: CapabilitiesOptions) {
    this.#onIssued = onIssued;
    this.#store = store;
    this.#clock = clock;
    this.#key = key ?? randomBytes(32).toString('base64url');
  }

  /** @param run which attempt at the turn, from 1 @param upkeep what a turn that nobody sees may use */
  issue(turn: TurnRow, run: number, upkeep?: Upkeep): string {
    const firstName = this.#store.names.first(turn.session);
    const capability = signCapability(this.#key, {
      turn: turn.id,
      run,
      session: turn.session,
      ...(firstName !== turn.session && { firstName }),
      sender: turn.sender,
      asker: askerOf(turn),
      ...(upkeep && { upkeep }),
      until: this.#clock.now() + LONGEST_RUN_MS,
    });
    this.#onIssued?.(turn, capability);
    return capability;
  }

  /** @throws ToolError where no running turn has given this capability */
  caller(headers: IncomingHttpHeaders): McpCaller {
    const { turn, run, sender, asker, upkeep } = requireCapability(headers, this.#key, this.#clock.now());
    const row = this.#store.turns.find(turn);
    if (!row || !isRunning(row) || row.attempt !== run) {
      throw new ToolError(
        'The message that this call belongs to has ended, so the call is refused. Nothing was done.',
      );
    }
    return { turn, session: row.session, sender, asker, ...(upkeep && { upkeep }) }; // a chat that was renamed meanwhile is the same one
  }
}

function isRunning({ state, source, finishedAt }: TurnRow): boolean {
  return state === 'running' || (source === UPKEEP && finishedAt === null);
}

/** On whose behalf a turn runs. */
export function askerOf({ guest, confined }: Pick<TurnRow, 'guest' | 'confined'>): Asker {
  if (confined) return 'webhook';
  return guest ? 'guest' : 'owner';
}
