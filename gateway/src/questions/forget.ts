/** Whether something that Moby proposes to forget is removed for good. No run waits for it. If nobody answers, all stays. */
import type { ForgetFinding, ForgetWish } from '@mobyclaw/protocol/forget';
import type { Draft, KindRules } from './kind.ts';
import { fenced } from './quote.ts';
import { subjectOf } from './subject.ts';

export const FORGET = 'forget';
const KEEP = 'keep';
const MOST_PLACES = 12;

export const forgetRules: KindRules = {
  outcome: (option) => (option === FORGET ? 'It is being forgotten' : 'Nothing is forgotten'),
};

export function forgetSubject(wish: ForgetWish): string {
  return subjectOf('forget', wish);
}

/** @param finding what would be removed; by places and counts, as examples would stand in the chat once more */
export function forgetDraft(wish: ForgetWish, { places, left }: ForgetFinding): Draft {
  const shown = places.slice(0, MOST_PLACES).map(({ place, count }) => `- ${count} ${place}`);
  const more = places.length - shown.length;
  return {
    subject: forgetSubject(wish),
    title: 'May I forget something for good?',
    text: (id) =>
      [
        whatFor(wish, id),
        ['I found:', ...shown, ...(more > 0 ? [`- and ${more} more places`] : [])].join('\n'),
        ...(left.length === 0
          ? []
          : [
              left
                .slice(0, MOST_PLACES)
                .map((line) => `- ${line}`)
                .join('\n'),
            ]),
        'What is removed cannot be brought back.',
      ].join('\n\n'),
    details: { wish },
    // Neither is what a plain yes would mean.
    options: [
      { id: KEEP, label: 'Keep it' },
      { id: FORGET, label: 'Forget it', style: 'danger' },
    ],
    input: null,
    fallback: KEEP,
  };
}

function whatFor({ phrase, conversation, person, before }: ForgetWish, id: string): string {
  if (phrase !== undefined)
    return `Everything that holds these words:\n\n${fenced(phrase, `./mobyclaw questions show ${id}`)}`;
  const named = fenced(conversation ?? person ?? before ?? '', `./mobyclaw questions show ${id}`);
  const what =
    conversation !== undefined
      ? 'A whole conversation'
      : person !== undefined
        ? 'A person'
        : 'All from before a day';
  return `${what}:\n\n${named}`;
}
