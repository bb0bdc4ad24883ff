/**
 * What memory cannot decide about a fact: two lines that contradict each other, or a warning that is to go or to say less. No run
 * waits for it. If nobody answers, all stays as it stands.
 */
import type { Doubt, DoubtChoice } from '@mobyclaw/protocol/memory-doubt';
import type { QuestionOption } from '@mobyclaw/protocol/question';
import type { QuestionRow } from '../store/question-store.ts';
import type { Draft, KindRules } from './kind.ts';
import { fenced } from './quote.ts';
import { subjectOf } from './subject.ts';

const OUTCOMES: Record<Doubt['kind'], Record<DoubtChoice, string>> = {
  contradiction: {
    new: 'The newer line stands, the older one goes',
    old: 'The older line stands, the newer one goes',
    both: 'Both lines stand',
  },
  warning: {
    new: 'The warning is changed',
    old: 'The warning stays as it is',
    both: 'The warning stays as it is',
  },
};

export const factRules: KindRules = {
  outcome(option, { details, fallback }) {
    const kind = details.kind === 'warning' ? 'warning' : 'contradiction';
    return OUTCOMES[kind][(option ?? fallback) as DoubtChoice];
  },
};

/** What the owner has decided, by the row of a question that is settled. */
export function choiceOf({ answer, fallback }: Pick<QuestionRow, 'answer' | 'fallback'>): DoubtChoice {
  return (answer?.option ?? fallback) as DoubtChoice;
}

export function factDraft(doubt: Doubt): Draft {
  const { id, kind, file, old, is, why, oldOn, at, session } = doubt;
  const quoted = (line: string): string => fenced(line.trim(), `./mobyclaw questions show, or ${file}`);
  const where = session === undefined ? '' : ` in ${session}`;
  const text =
    kind === 'contradiction'
      ? `In ${file} stands, noted ${oldOn ?? 'on a day that is not known'}:\n\n${quoted(old)}\n\nand, noted ${at.slice(0, 10)}${where}:\n\n${quoted(is)}\n\nI think ${why}. Both stand until you say which is right.`
      : `In ${file} stands:\n\n${quoted(old)}\n\n${at.slice(0, 10)}${where} it was to ${is === '' ? 'be removed' : `say instead:\n\n${quoted(is)}`}${is === '' ? '.' : ''}\n\nI do not take away from a warning without you.`;
  return {
    subject: subjectOf('fact', id),
    title:
      kind === 'contradiction'
        ? 'Two lines of my memory contradict each other.'
        : 'May a warning be changed?',
    text: () => text,
    details: { ...doubt },
    options: kind === 'contradiction' ? WHICH : whether(is === ''),
    input: null,
    fallback: kind === 'contradiction' ? 'both' : 'old',
  };
}

/** None of them is what a plain yes would mean. */
const WHICH: QuestionOption[] = [
  { id: 'new', label: 'The newer' },
  { id: 'old', label: 'The older' },
  { id: 'both', label: 'Keep both' },
];

function whether(removes: boolean): QuestionOption[] {
  return [
    { id: 'old', label: 'Keep it' },
    { id: 'new', label: removes ? 'Remove it' : 'Change it', style: 'danger' },
  ];
}
