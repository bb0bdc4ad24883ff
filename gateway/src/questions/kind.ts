/** What a kind of question is to the rest. */
import type { QuestionInput, QuestionOption } from '@mobyclaw/protocol/question';
import type { QuestionRow, QuestionUse } from '../store/question-store.ts';

/** A question that is not asked yet. */
export interface Draft {
  /** What it is about: the same in the same turn is the same question. */
  subject: string;
  /** Of a tool call that waits. */
  call?: string;
  title: string;
  /** Markdown. @param id of the question @param again what became of the same call before, a sentence or nothing */
  text(id: string, again: string): string;
  details: Record<string, unknown>;
  options: QuestionOption[];
  input: QuestionInput | null;
  /** The option that counts if nobody answers. */
  fallback: string;
}

/** What came of a question. */
export interface Settled {
  /** `nobody`: it has expired, or was no longer needed. */
  by: 'owner' | 'nobody';
  option: string | undefined;
  value: string | number | boolean | undefined;
  reason: string | undefined;
}

/** What was asked before in the same turn. */
export interface Before {
  rows: readonly QuestionRow[];
  uses: readonly QuestionUse[];
  /** The attempt that asks now. */
  attempt: number;
}

/** What a kind is to a row that is on disk. */
export interface KindRules {
  /** What is wrong with a typed value that fits the question's `input`, a sentence; null where it fits. */
  problem?(value: string | number, row: Pick<QuestionRow, 'details'>): string | null;
  /** What an option needs the turn for; it is refused once that has ended. */
  needsTurn?(option: string | undefined): boolean;
  /** The rule that an answer writes into soul.yaml or egress.yaml; null where it writes none. */
  rule?(option: string | undefined, row: Pick<QuestionRow, 'details'>): string | null;
  /** What the owner is told of a decision, one plain line. @param option that was chosen; none where something was typed */
  outcome(option: string | undefined, row: Pick<QuestionRow, 'details' | 'fallback' | 'options'>): string;
}

/** A kind that runs ask by. */
export interface Kind<W, D> extends KindRules {
  /**
   * Makes questions of what is wanted, one after the other, and a decision of the answers.
   * @param put asks one and resolves when it is settled; rejects where the run has ended
   */
  decide(wanted: W, put: (draft: Draft) => Promise<Settled>): Promise<D>;
  /** An earlier answer that covers this one too, so that nobody is asked. */
  covering?(draft: Draft, before: Before): QuestionRow | null;
}
