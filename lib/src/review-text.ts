/** What the nightly look did with the memory, in words: for a chat and the terminal alike. */
import type { Review, UndoneReview } from '@mobyclaw/protocol/memory-review';

/** One line for the morning; null where nothing was changed. */
export function reviewLine({ noted, joined, dropped }: Review): string | null {
  const parts = [
    ...(noted.length > 0 ? [`noted ${count(noted.length, 'thing')}`] : []),
    ...(joined.length > 0
      ? [`joined ${joined.reduce((sum, { lines }) => sum + lines.length, 0)} into ${joined.length}`]
      : []),
    ...(dropped.length > 0 ? [`took away ${dropped.length}`] : []),
  ];
  return parts.length === 0
    ? null
    : `Last night I looked through my memory: ${parts.join(', ')}. \`/memory changes\` shows it, \`/memory undo\` takes it back.`;
}

/** @param reviews newest first */
export function reviewsText(reviews: readonly Review[]): string {
  const shown = reviews.filter(
    (review) => review.problem !== undefined || review.asked > 0 || reviewLine(review) !== null,
  );
  if (shown.length === 0) return 'The nightly look has changed nothing yet.';
  return shown.map(reviewText).join('\n\n');
}

/** What was taken back. */
export function undoneText({ review, left }: UndoneReview): string {
  if (review === null)
    return 'There is nothing to take back: the nightly look has changed nothing, or all is taken back.';
  const rest = left.map((reason) => `\n  not taken back: ${reason}`).join('');
  return `Taken back: what the look at ${review.day} has changed.${rest}`;
}

function reviewText({ day, noted, joined, dropped, asked, undone, problem }: Review): string {
  return [
    `${day}${undone ? ' (taken back)' : ''}`,
    ...noted.map((line) => `+ ${line}`),
    ...joined.flatMap(({ lines, text }) => [...lines.map((line) => `- ${line}`), `+ ${text}`]),
    ...dropped.map(({ line, why }) => `- ${line}${why === '' ? '' : `  (${why})`}`),
    ...(asked > 0 ? [`? ${count(asked, 'question')} to you: /questions`] : []),
    ...(problem === undefined ? [] : [`! ${problem}`]),
  ].join('\n');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
