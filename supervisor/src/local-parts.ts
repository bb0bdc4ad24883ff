/** What is known of the parts, as local.json tells it, and what follows from that for the whole. */
import type { SoulProblem, SupervisorStatus } from '@mobyclaw/protocol/control';
import type { LocalPart, LocalState } from '@mobyclaw/protocol/local-state';
import { birthOf } from './process-table.ts';

export type PartName = LocalPart['name'];
export type PartReport = Omit<LocalPart, 'name' | 'birth'>;

const WAITING: PartReport = { state: 'waiting', pid: null, restarts: 0 };

export class LocalParts {
  readonly #parts: Map<PartName, LocalPart>;
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    const names: PartName[] = ['memory', 'workspace', 'egress', 'agent', 'gateway'];
    this.#parts = new Map(names.map((name) => [name, { name, birth: null, ...WAITING }]));
  }

  get all(): LocalPart[] {
    return [...this.#parts.values()];
  }

  get state(): LocalState['state'] {
    if (this.all.every((part) => part.state === 'ready')) return 'ready';
    return this.all.some((part) => part.problem !== undefined) ? 'degraded' : 'starting';
  }

  /** The first part's problem: those after it often only follow from it. */
  get problem(): string | undefined {
    return this.all.find((part) => part.problem !== undefined)?.problem;
  }

  set(name: PartName, report: PartReport): void {
    const before = this.#parts.get(name);
    const birth =
      report.pid === null ? null : report.pid === before?.pid ? before.birth : birthOf(report.pid);
    this.#parts.set(name, { name, birth, ...report });
    this.#onChange();
  }

  setAgent(status: SupervisorStatus): void {
    const state = status.state === 'down' ? 'restarting' : status.state;
    this.set('agent', {
      state,
      pid: status.pid,
      restarts: status.restarts,
      ...(status.problem ? { problem: soulProblemText(status.problem) } : {}),
    });
  }
}

/** `soul.yaml line 3: …` where it is about a place in the file. */
export function soulProblemText({ message, line }: SoulProblem): string {
  return line === undefined ? message : `soul.yaml line ${line}: ${message}`;
}
