/** What somebody typed, as an answer to a question. */
import type { AnswerRequest, Question } from '@mobyclaw/protocol/question';
import { UsageError } from '../cli-error.ts';
import { isPlace, waysToAnswer } from './question-view.ts';

/**
 * The name or the words of a choice choose it; everything else is the text that the question wants.
 * @param asText it is text, even where it is the name of a choice
 * @throws UsageError where the question wants no text; it names what can be said
 */
export function typedAnswer(
  question: Pick<Question, 'id' | 'options' | 'input' | 'fallback'>,
  typed: string,
  { reason, asText = false }: { reason?: string | undefined; asText?: boolean } = {},
): AnswerRequest {
  const why = reason === undefined || reason.trim() === '' ? {} : { reason };
  const option = asText ? null : chosen(question, typed);
  if (option !== null) return { option, ...why };
  if (question.input === null) {
    throw new UsageError(`"${typed}" is no answer to this question. ${waysToAnswer(question)}`);
  }
  return { value: typed, ...why };
}

function chosen(
  { options, fallback, input }: Pick<Question, 'options' | 'fallback' | 'input'>,
  typed: string,
): string | null {
  const said = typed.trim().toLowerCase();
  const place = options.find(({ id }) => isPlace(id) && String(Number(id) + 1) === said);
  const named = options.find(
    ({ id, label }) => (!isPlace(id) && id === said) || label.toLowerCase() === said,
  );
  if (place || named) return (place ?? named)?.id ?? null;
  if (said === fallback) return fallback;
  return said === 'no' && input === null ? fallback : null;
}
