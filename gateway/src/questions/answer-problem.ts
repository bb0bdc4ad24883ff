/** Whether an answer fits its question. */
import type { Question } from '@mobyclaw/protocol/question';

export interface GivenAnswer {
  option?: string | undefined;
  value?: unknown;
  reason?: string | undefined;
}

type Asked = Pick<Question, 'options' | 'input' | 'fallback'>;

/** @returns the answer as it counts, or why it is none, a sentence for whoever gave it */
export function readAnswer(
  { options, input, fallback }: Asked,
  { option, value, reason }: GivenAnswer,
): { option?: string; value?: string | number; reason?: string } | { problem: string } {
  const why = reason === undefined || reason.trim() === '' ? {} : { reason: reason.trim() };
  if (option !== undefined) {
    if (option === fallback || options.some(({ id }) => id === option)) return { option, ...why };
    const choices = [...options.map(({ id }) => id), fallback];
    return {
      problem: `"${option}" is no answer to this question; choose from ${[...new Set(choices)].join(', ')}.`,
    };
  }
  if (input === null) {
    return { problem: `Choose one: ${options.map(({ id }) => id).join(', ')}.` };
  }
  if (input.type === 'text') {
    if (typeof value !== 'string') return { problem: 'Answer with a text.' };
    const { minLength = 0, maxLength = 10_000 } = input;
    if (value.length < minLength)
      return { problem: `That is too short: ${minLength} characters are the least.` };
    if (value.length > maxLength)
      return { problem: `That is too long: ${maxLength} characters are the most.` };
    return { value, ...why };
  }
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value.trim()) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return { problem: 'Answer with a number.' };
  if (input.type === 'integer' && !Number.isInteger(number))
    return { problem: 'Answer with a whole number.' };
  const { minimum, maximum } = input;
  if (minimum !== undefined && number < minimum)
    return { problem: `That is too little: ${minimum} is the least.` };
  if (maximum !== undefined && number > maximum)
    return { problem: `That is too much: ${maximum} is the most.` };
  return { value: number, ...why };
}
