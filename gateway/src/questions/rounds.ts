/** The limit of model calls in one run, `max_iterations` in soul.yaml: whether Moby may go on. */
import type { Decision, Wanted } from '../agent/wanted.ts';
import type { QuestionRow } from '../store/question-store.ts';
import type { Before, Kind } from './kind.ts';
import { subjectOf } from './subject.ts';

export const roundsKind: Kind<Extract<Wanted, { kind: 'rounds' }>, Extract<Decision, { kind: 'rounds' }>> = {
  async decide({ rounds }, put) {
    const { option } = await put({
      subject: subjectOf('rounds', rounds),
      title: `Moby has gone ${rounds} rounds and is not done.`,
      text: () =>
        `Moby has asked the model ${rounds} times for this answer, which is the limit that soul.yaml sets (\`max_iterations\`), and is not done. May he go on? The budget holds in any case.`,
      details: { rounds },
      options: [
        { id: 'more', label: '10 more', style: 'primary' },
        { id: 'all', label: 'Until done' },
        { id: 'no', label: 'Stop', style: 'danger' },
      ],
      input: null,
      fallback: 'no',
    });
    return { kind: 'rounds', rounds: option === 'more' || option === 'all' ? option : 'stop' };
  },

  /** More rounds do nothing twice, so after a crash what was said at the same count counts again. */
  covering({ subject }, { rows, uses, attempt }: Before): QuestionRow | null {
    const granted = (row: QuestionRow): boolean =>
      row.kind === 'rounds' &&
      (row.answer?.option === 'all' ||
        (row.answer?.option === 'more' &&
          row.subject === subject &&
          !uses.some((use) => use.subject === subject && use.attempt === attempt)));
    return rows.find(granted) ?? null;
  },

  outcome(option) {
    switch (option) {
      case 'more':
        return '10 more rounds were allowed';
      case 'all':
        return 'Allowed until done';
      default:
        return 'Stopped';
    }
  },
};
