/** What the runs of one turn in this process have done so far. */
import { UsageMeter } from '../budget/usage-meter.ts';
import type { ContextEvent } from '../compaction/gauge.ts';
import type { CompactionWhy } from '../store/compaction-store.ts';

export class Progress {
  attempt: number;
  /** The current attempt has been counted and has not reached the agent yet. */
  counted = false;
  readonly meter = new UsageMeter();
  /** Text that is kept from earlier runs, because the provider broke off after it and is asked to go on. */
  kept = '';
  /** Text of the current run. */
  streamed = '';
  /** The first token of the answer has come. */
  spoke = false;
  /** Names of tools that may have acted in earlier runs. */
  readonly tools = new Set<string>();
  /** The agent has had this prompt before. */
  repeats: boolean;
  /** The next run goes on with a broken answer. */
  continues = false;
  sessionReplaced = false;
  /** Why the agent session is left; a tool call that was cut, unless told. */
  leftBecause: CompactionWhy | null = null;
  /** Why nothing more may be spent on it. */
  overBudget: string | null = null;
  /** How full the agent session is, by the first and the last model call of the current run. */
  firstContext: ContextEvent | null = null;
  context: ContextEvent | null = null;
  /** The engine made its session shorter by itself in the current run. */
  shortened = false;
  /** Ends the current run. */
  cut: AbortController | null = null;
  /** Ids of tool calls without a result in the current run. */
  readonly openTools = new Set<string>();
  providerRetried = false;
  /** How often the current run waits for a person; stays above 0 where it was cut meanwhile. */
  waiting = 0;

  constructor(attempt: number) {
    this.attempt = attempt;
    this.repeats = attempt > 0;
  }

  beginRun(): void {
    this.streamed = '';
    this.cut = new AbortController();
    this.waiting = 0;
    this.firstContext = null;
    this.context = null;
    this.shortened = false;
  }

  /** The next run asks the whole prompt again, and nothing of the answer so far is kept. */
  startOver(): void {
    this.kept = '';
    this.continues = false;
    this.repeats = true;
  }

  /** What the model is told about earlier runs. @param fresh its session does not have the prompt yet */
  notes(fresh: boolean): string[] {
    const notes: string[] = [];
    if (this.repeats && !fresh && !this.continues) {
      notes.push(
        'The attempt before was cut off; this is the same message again. Answer it once, from the start.',
      );
    }
    if (this.tools.size > 0) notes.push(mayHaveRun(this.tools));
    return notes;
  }
}

/** @param tools names of those that an attempt before started */
export function mayHaveRun(tools: ReadonlySet<string>): string {
  return `Tools of the attempt before may already have run: ${[...tools].join(', ')}. Find out whether they did before you run them again.`;
}
