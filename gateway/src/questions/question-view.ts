import type { Question, QuestionAnswer } from '@mobyclaw/protocol/question';
import type { QuestionRow } from '../store/question-store.ts';

export function toQuestion(row: QuestionRow): Question {
  const { id, kind, state, turn, session, asker, source, title, text, details, options, input, fallback } =
    row;
  return {
    id,
    kind,
    state,
    turn,
    session,
    asker,
    source,
    title,
    text,
    details,
    options,
    input,
    fallback,
    askedAt: new Date(row.askedAt).toISOString(),
    expiresAt: new Date(row.expiresAt).toISOString(),
    chat: row.chat,
    answer: toAnswer(row),
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
  };
}

function toAnswer({ answer }: QuestionRow): QuestionAnswer | null {
  if (answer === null) return null;
  const { at, ...rest } = answer;
  return { ...rest, at: new Date(at).toISOString() };
}
