/**
 * The turns that wait or run, as the line tells of them: each event counts once, by its number. Reads no network and no DOM.
 */
import type { TurnEventData } from '@mobyclaw/protocol/events';
import type { LiveTurnEvent, LiveTurn as LiveTurnView } from '@mobyclaw/protocol/live';
import { textCheck } from '@mobyclaw/protocol/text-check';
import type { Usage } from '@mobyclaw/protocol/usage';
import { type Signal, signal } from '@preact/signals';

export interface Step {
  id: string;
  name: string;
  label: string;
  phase: 'start' | 'call' | 'end';
  args?: unknown;
  ok?: boolean;
  summary?: string;
}

export interface TurnEnding {
  error: { code: string; message: string; retryable: boolean } | null;
  /** Whether the text that came in pieces is the one that was stored. */
  exact: boolean;
  /** The model's limit of tokens cut it. */
  cut: boolean;
  usage: Usage | null;
  mergedInto: string | null;
  /** How it ended was missed. */
  lost: boolean;
}

const PLAIN_ENDING = { error: null, cut: false, usage: null, mergedInto: null, lost: false };

/** One turn; what changes while one looks on is a signal of its own. */
export class LiveTurn {
  /** Order of arrival. */
  readonly turn: number;
  readonly key: string;
  readonly session: string;
  readonly source: string;
  readonly files: number;
  readonly at: string;
  readonly prompt: Signal<string>;
  /** The turn that answers this one too. */
  readonly mergedInto: Signal<string | null>;
  /** The Idempotency-Key it was sent with. */
  readonly clientKey = signal<string | null>(null);
  readonly started = signal(false);
  readonly text = signal('');
  readonly reasoning = signal('');
  readonly steps = signal<readonly Step[]>([]);
  readonly notice = signal<string | null>(null);
  readonly ending = signal<TurnEnding | null>(null);
  #lastId = 0;
  /** How much of the text stays if the line is cut now; null: all of it. */
  #keptChars: number | null = null;

  constructor(view: LiveTurnView) {
    this.turn = view.turn;
    this.key = view.key;
    this.session = view.session;
    this.source = view.source;
    this.files = view.files;
    this.at = view.at;
    this.prompt = signal(view.prompt);
    this.mergedInto = signal(view.mergedInto ?? null);
  }

  /** More text, which has no number: it is told again after a cut. */
  more(text: string): void {
    this.#keptChars ??= this.text.value.length;
    this.text.value += text;
  }

  /** The line has come to a number: what came before is not told again. */
  keep(): void {
    this.#keptChars = null;
  }

  /** The line goes on after its last number. */
  takeBack(): void {
    if (this.#keptChars !== null) this.text.value = this.text.value.slice(0, this.#keptChars);
    this.#keptChars = null;
  }

  /** @returns whether it was new */
  apply(event: LiveTurnEvent): boolean {
    if (event.id <= this.#lastId) return false;
    this.#lastId = event.id;
    switch (event.type) {
      case 'queued':
        this.clientKey.value = event.data.key ?? null;
        break;
      case 'started':
        this.started.value = true;
        break;
      case 'token':
        this.text.value += event.data.text;
        this.notice.value = null;
        break;
      case 'replace':
        this.text.value = event.data.text;
        this.reasoning.value = '';
        break;
      case 'reasoning':
        this.reasoning.value += event.data.text;
        break;
      case 'tool':
        this.steps.value = withStep(this.steps.value, event.data);
        break;
      case 'notice':
        this.notice.value = event.data.text;
        break;
      case 'question': // asked for whole (data/questions.ts)
      case 'usage': // of one call of the model; the end has that of the turn
        break;
      case 'done':
      case 'error':
        this.#end(event);
    }
    return true;
  }

  /** It is over, and its end was missed. */
  lose(): void {
    this.ending.value ??= { ...PLAIN_ENDING, exact: false, lost: true };
  }

  #end(event: Extract<LiveTurnEvent, { type: 'done' | 'error' }>): void {
    const { chars, check } = event.data;
    const text = this.text.value;
    const exact = text.length === chars && textCheck(text) === check;
    this.notice.value = null;
    if (event.type === 'error') {
      const { code, message, retryable } = event.data;
      this.ending.value = { ...PLAIN_ENDING, error: { code, message, retryable }, exact };
    } else {
      const { cut = false, usage, mergedInto = null } = event.data;
      this.ending.value = { ...PLAIN_ENDING, exact, cut, usage, mergedInto };
    }
  }
}

function withStep(steps: readonly Step[], data: TurnEventData['tool']): readonly Step[] {
  const index = steps.findIndex(({ id }) => id === data.id);
  const before = steps[index];
  const { id, name, label, phase, args = before?.args, ok, summary } = data;
  const step: Step = {
    id,
    name,
    label,
    phase,
    ...(args !== undefined && { args }),
    ...(ok !== undefined && { ok }),
    ...(summary !== undefined && { summary }),
  };
  return before ? steps.with(index, step) : [...steps, step];
}
