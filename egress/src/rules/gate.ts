/**
 * Decides about each connection of the agent's: by the owner's rule, and where that says nothing by asking him. The gateway
 * asks, as a question; it says within a moment whether somebody is likely to answer. If so, the connection is held for up to
 * 20 s, else it is refused at once, and what he allows later counts from then on.
 *
 * Asked once for each host and port in a turn, whatever number of connections wants it. *Once* lets one connection through,
 * *For this answer* and *No* hold as long as the turn runs, *Always* is a rule by then. What was decided is on disk in the
 * gateway, which tells it again with the turns that run, so a kill of this process forgets nothing and opens nothing.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '@mobyclaw/lib/clock';
import { type AskedRequest, beyondLimits, judge } from '@mobyclaw/lib/egress-rules/judge';
import type { AskAnswer, DoorAsk, RunningTurn } from '@mobyclaw/protocol/egress';
import type { HostRule } from '@mobyclaw/protocol/egress-rules';
import type { RunningTurns } from '../turns/running-turns.ts';
import { limitsText, refusalText, type WhyNot } from './refusal-text.ts';
import type { RulesFile } from './rules-file.ts';

/** The gateway is beside us; it has a row to write. */
const FIRST_WORD_MS = 200;
const HOLD_MS = 20_000; // less than the 30 s of his shell, which would end the program before it can tell why it was refused
const MOST_ASKS_OF_TURN = 12;
const MOST_HELD = 64;
const MOST_PATH = 500;

export interface Wanted {
  /** Canonical. */
  host: string;
  port: number;
  /** Of its turn, as the program showed it (lib/door-pass); null where it showed none. */
  pass: string | null;
  /** Where it can be seen before anything is let through. */
  request?: { method: string; path: string };
}

export type Decision =
  | {
      allowed: true;
      /** The name may lead into a private network. */
      isPrivate: boolean;
      /** Where each request is judged too, for which TLS is ended: why it may not pass, sentences; null where it may. */
      limits: ((request: AskedRequest) => string | null) | null;
      reason: 'rule' | 'packages' | 'open' | 'once' | 'answer';
      turn?: string;
    }
  | {
      allowed: false;
      /** For people and models: what, why, and how it is allowed. */
      message: string;
      reason: WhyNot;
      /** The owner was asked. */
      isAsked: boolean;
      turn?: string;
    };

interface Ask {
  id: string;
  key: string;
  turns: readonly string[];
  /** Those that wait, the longest first. */
  waiting: ((answer: Heard) => void)[];
  isHeld: boolean;
  /** Milliseconds since the epoch; whoever comes later is refused at once, or a program that tries again would hang for long. */
  heldUntil: number;
}

type Heard = 'once' | 'answer' | 'no' | 'too-many' | 'timeout';

/** What was decided in a turn about a `host:port`. */
interface Grant {
  verdict: 'answer' | 'no' | 'too-many' | null;
  /** How many connections it lets through besides. */
  once: number;
}
type Grants = Map<string, Grant>;

export interface GateOptions {
  rules: RulesFile;
  turns: RunningTurns;
  registries: () => readonly HostRule[];
  /** Tells the gateway; false where nobody listens. */
  ask: (ask: DoorAsk) => boolean;
  clock: Clock;
}

export class Gate {
  readonly #options: GateOptions;
  readonly #grants = new Map<string, Grants>();
  readonly #asks = new Map<string, Ask>();
  readonly #asked = new Map<string, Set<string>>();
  #held = 0;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** @param gone aborted when whoever wants it has left */
  async decide(wanted: Wanted, gone: AbortSignal): Promise<Decision> {
    const turns = this.#turnsOf(wanted.pass);
    const [only] = turns.length === 1 ? turns : [];
    const of = only ? { turn: only.turn } : {};
    const target = targetOf(wanted);
    const no = (reason: WhyNot): Decision => ({
      allowed: false,
      message: refusalText(reason, target),
      reason,
      isAsked: reason === 'asked' || reason === 'not-answered' || reason === 'no',
      ...of,
    });
    if (turns.some(({ kind }) => kind === 'guest' || kind === 'webhook')) return no('confined');
    const ruling = judge(this.#options.rules.now.rules, wanted, this.#options.registries());
    if (ruling.verdict === 'refuse') return no(ruling.reason);
    if (ruling.verdict === 'allow') {
      const { reason, isPrivate, limits } = ruling;
      const beyond = (request: AskedRequest): string | null => {
        const why = limits && beyondLimits(limits, request);
        return why === null ? null : limitsText(target, why);
      };
      return { allowed: true, isPrivate, limits: limits && beyond, reason, ...of };
    }
    if (turns.length === 0) return no('no-turn');
    const key = keyOf(wanted);
    const granted = this.#granted(turns, key) ?? (await this.#answer(turns, wanted, key, gone));
    if (granted !== 'once' && granted !== 'answer') return no(granted);
    return { allowed: true, isPrivate: false, limits: null, reason: granted, ...of };
  }

  /** What the owner, or for him the gateway, says. @returns false where nobody has asked that */
  answer(id: string, { verdict, unasked }: AskAnswer): boolean {
    const ask = this.#asks.get(id);
    if (!ask) return false;
    if (verdict === 'hold') {
      ask.isHeld = true;
      return true;
    }
    this.#asks.delete(id);
    const waiting = ask.waiting.splice(0);
    if (verdict === 'once') {
      const [first, ...others] = waiting;
      if (first) first('once');
      else for (const turn of ask.turns) this.#grantOf(turn, ask.key).once += 1;
      for (const other of others) other('timeout');
      return true;
    }
    const granted = verdict === 'no' ? (unasked ? 'too-many' : 'no') : 'answer';
    for (const turn of ask.turns) this.#grantOf(turn, ask.key).verdict = granted;
    for (const one of waiting) one(granted);
    return true;
  }

  /** The turns that run are others, or more was decided in them. */
  turnsChanged(): void {
    const running = new Map(this.#options.turns.all.map((turn) => [turn.turn, turn]));
    for (const known of [this.#grants, this.#asked]) {
      for (const turn of known.keys()) if (!running.has(turn)) known.delete(turn);
    }
    for (const { turn, grants = [] } of running.values()) {
      for (const { host, port, verdict } of grants) this.#grantOf(turn, `${host}:${port}`).verdict = verdict;
    }
    for (const [id, ask] of this.#asks) {
      if (ask.turns.some((turn) => running.has(turn))) continue;
      this.#asks.delete(id);
      for (const one of ask.waiting.splice(0)) one('timeout');
    }
  }

  /** How many connections wait for an answer. */
  get held(): number {
    return this.#held;
  }

  /** Whose it may be: where it shows no pass, any of those that run. */
  #turnsOf(pass: string | null): readonly RunningTurn[] {
    if (pass === null) return this.#options.turns.all;
    const turn = this.#options.turns.of(pass);
    return turn === null ? [] : [turn];
  }

  /** What holds for all that it may be of; the strictest wins. */
  #granted(turns: readonly RunningTurn[], key: string): Exclude<Heard, 'timeout'> | null {
    const grants = turns.map(({ turn }) => this.#grants.get(turn)?.get(key));
    const refused = grants.find((grant) => grant?.verdict === 'no' || grant?.verdict === 'too-many');
    if (refused?.verdict) return refused.verdict;
    if (grants.every((grant) => grant?.verdict === 'answer')) return 'answer';
    if (!grants.every((grant) => grant && (grant.verdict === 'answer' || grant.once > 0))) return null;
    for (const grant of grants) if (grant && grant.once > 0) grant.once -= 1;
    return 'once';
  }

  async #answer(
    turns: readonly RunningTurn[],
    wanted: Wanted,
    key: string,
    gone: AbortSignal,
  ): Promise<'once' | 'answer' | WhyNot> {
    const isSame = (one: Ask): boolean =>
      one.key === key && turns.every(({ turn }) => one.turns.includes(turn));
    const known = [...this.#asks.values()].find(isSame);
    if (known && (!known.isHeld || known.heldUntil <= this.#options.clock.now())) return 'asked';
    if (this.#held >= MOST_HELD) return known ? 'asked' : 'nobody';
    const ask = known ?? this.#put(turns, wanted, key);
    if (typeof ask === 'string') return ask;
    const heard = await this.#wait(ask, gone);
    if (heard !== 'timeout') return heard;
    return ask.isHeld ? 'not-answered' : 'asked';
  }

  #put(turns: readonly RunningTurn[], wanted: Wanted, key: string): Ask | WhyNot {
    const { clock } = this.#options;
    const names = turns.map(({ turn }) => turn);
    const [first = ''] = names;
    const asked = this.#asked.get(first) ?? new Set();
    if (asked.size >= MOST_ASKS_OF_TURN && !asked.has(key)) return 'too-many';
    const ask: Ask = {
      id: randomUUID(),
      key,
      turns: names,
      waiting: [],
      isHeld: false,
      heldUntil: clock.now() + HOLD_MS,
    };
    const { host, port, request } = wanted;
    const isHeard = this.#options.ask({
      id: ask.id,
      host,
      port,
      ...(request ? { method: request.method, path: pathOf(request.path) } : {}),
      turn: first,
      ...(names.length > 1 ? { turns: names } : {}),
    });
    if (!isHeard) return 'nobody';
    this.#asks.set(ask.id, ask);
    this.#asked.set(first, asked.add(key));
    return ask;
  }

  #wait(ask: Ask, gone: AbortSignal): Promise<Heard> {
    const { clock } = this.#options;
    this.#held += 1;
    return new Promise((resolve) => {
      const done = (answer: Heard): void => {
        first.cancel();
        last.cancel();
        gone.removeEventListener('abort', left);
        ask.waiting = ask.waiting.filter((one) => one !== done);
        this.#held -= 1;
        resolve(answer);
      };
      const left = (): void => done('timeout');
      const first = clock.after(FIRST_WORD_MS, () => {
        if (!ask.isHeld) done('timeout');
      });
      const last = clock.after(ask.heldUntil - clock.now(), () => done('timeout'));
      gone.addEventListener('abort', left, { once: true });
      ask.waiting.push(done);
      if (gone.aborted) left();
    });
  }

  #grantOf(turn: string, key: string): Grant {
    const grants: Grants = this.#grants.get(turn) ?? new Map();
    this.#grants.set(turn, grants);
    const grant = grants.get(key) ?? { verdict: null, once: 0 };
    grants.set(key, grant);
    return grant;
  }
}

/** Without what follows `?`, which may be long and holds what was said. */
function pathOf(path: string): string {
  return path.replace(/[?#].*$/s, '').slice(0, MOST_PATH);
}

function keyOf({ host, port }: Wanted): string {
  return `${host}:${port}`;
}

function targetOf({ host, port }: Wanted): string {
  return port === 443 || port === 80 ? host : `${host}:${port}`;
}
