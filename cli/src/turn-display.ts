/**
 * Shows a turn as it happens: the answer on stdout, what Moby does meanwhile on stderr.
 * Text of an attempt that a crash cut off is not mixed with that of the next one, whether or not the gateway says
 * `replace` between them.
 */
import type { Clock, Timer } from '@mobyclaw/lib/clock';
import { EVENT_IDS_PER_ATTEMPT, type NumberedEvent, type TurnEventData } from '@mobyclaw/protocol/events';
import { AnswerWriter } from './answer-writer.ts';
import { printable, say, styled, type Terminal } from './terminal.ts';

/** After this long a person at a terminal wonders whether anything happens. */
const NO_SIGN_MS = 3_000;

export interface TurnOutcome {
  turn: string | undefined;
  session: string | undefined;
  done?: TurnEventData['done'];
  error?: TurnEventData['error'];
}

export class TurnDisplay {
  readonly #terminal: Terminal;
  readonly #answer: AnswerWriter;
  readonly #toolsShown = new Set<string>();
  /** What was said of steps, in the attempts before and in this one. */
  #saidBefore: string[] = [];
  #said: string[] = [];
  readonly outcome: TurnOutcome = { turn: undefined, session: undefined };
  #attempt = 1;
  #attemptHasText = true;
  #thinking = false;
  readonly #clock: Clock | undefined;
  #sign: Timer | null = null;

  /** @param clock where somebody looks on: they are told when nothing has come for a while */
  constructor(terminal: Terminal, live?: boolean, clock?: Clock) {
    this.#clock = clock;
    this.#terminal = terminal;
    this.#answer = new AnswerWriter(terminal, live);
  }

  show(event: NumberedEvent): void {
    const attempt = Math.floor((event.id - 1) / EVENT_IDS_PER_ATTEMPT) + 1;
    if (attempt !== this.#attempt) {
      this.#attempt = attempt;
      this.#attemptHasText = false;
      this.#saidBefore = longer(this.#saidBefore, this.#said);
      this.#said = [];
    }
    if (event.type !== 'usage' && event.type !== 'queued') this.stopWaiting();
    if (event.type !== 'reasoning') this.#thinking = false;
    switch (event.type) {
      case 'queued':
        this.outcome.turn = event.data.turn;
        if (event.data.position > 0) this.note(`Waiting for ${turns(event.data.position)} before this one…`);
        break;
      case 'started':
        this.outcome.turn = event.data.turn;
        this.outcome.session = event.data.session;
        this.#sign = this.#clock?.after(NO_SIGN_MS, () => this.note('💭 Working on it…')) ?? null;
        break;
      case 'token':
        if (!this.#attemptHasText) this.#answer.replace(event.data.text);
        else this.#answer.append(event.data.text);
        this.#attemptHasText = true;
        break;
      case 'replace':
        this.#answer.replace(event.data.text);
        this.#attemptHasText = true;
        break;
      case 'reasoning':
        if (!this.#thinking) this.note('💭 Thinking…');
        this.#thinking = true;
        break;
      case 'tool':
        this.#tool(event.data);
        break;
      case 'notice':
        this.note(event.data.text);
        break;
      case 'question':
        if (event.data.outcome !== undefined) this.note(event.data.outcome);
        break;
      case 'done':
        this.outcome.done = event.data;
        this.outcome.turn = event.data.turn;
        this.outcome.session = event.data.session;
        this.#answer.finish(event.data.text);
        break;
      case 'error':
        this.outcome.error = event.data;
        this.#answer.fail(event.data.partial ?? this.#answer.text);
        break;
      case 'usage':
        break; // part of `done`
    }
  }

  /** Nothing more is to come. */
  stopWaiting(): void {
    this.#sign?.cancel();
    this.#sign = null;
  }

  /** A line about the turn, on stderr. */
  note(text: string): void {
    this.#answer.breakLine();
    say(this.#terminal, styled(this.#terminal, 'stderr', 'dim', printable(text)));
  }

  /** Something that has to be read, on lines of its own. What is not to steer the terminal is written out already. */
  aside(text: string): void {
    this.#answer.breakLine();
    say(this.#terminal, text);
  }

  #tool({ id, label, phase, ok, summary }: TurnEventData['tool']): void {
    if (!this.#toolsShown.has(id)) {
      this.#toolsShown.add(id);
      this.#step(`⏳ ${label}…`);
    }
    if (phase === 'end' && ok === false) this.#step(`✗ ${label} failed${summary ? `: ${summary}` : ''}`);
  }

  /** An attempt that does again what one before it did tells only what is new. */
  #step(text: string): void {
    const isRepeat = this.#saidBefore[this.#said.length] === text;
    this.#said.push(text);
    if (!isRepeat) this.note(text);
  }
}

function longer(a: string[], b: string[]): string[] {
  return a.length > b.length ? a : b;
}

function turns(count: number): string {
  return count === 1 ? 'one message' : `${count} messages`;
}
