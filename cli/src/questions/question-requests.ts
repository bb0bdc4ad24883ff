/** Questions at the gateway. */
import { type AnswerRequest, type Question, questionSchema } from '@mobyclaw/protocol/question';
import { CliError } from '../cli-error.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { shortId } from './question-view.ts';

const MOST = 500; // as many as the gateway gives at once

/** The newest first. */
export function listQuestions(gateway: GatewayClient, state: 'open' | 'all'): Promise<Question[]> {
  return gateway.list(questionSchema, `/api/questions?state=${state}&limit=${MOST}`);
}

export function getQuestion(gateway: GatewayClient, id: string): Promise<Question> {
  return gateway.json(questionSchema, `/api/questions/${encodeURIComponent(id)}`);
}

/** @throws GatewayError 409 where it is settled by now, 422 where that is no answer to it */
export function answerQuestion(gateway: GatewayClient, id: string, answer: AnswerRequest): Promise<Question> {
  return gateway.json(questionSchema, `/api/questions/${encodeURIComponent(id)}/answer`, {
    method: 'POST',
    body: answer,
  });
}

/** By its id, or a beginning of it that only one has; those that wait go before those that are settled. */
export async function findQuestion(gateway: GatewayClient, start: string): Promise<Question> {
  const wanted = start.toLowerCase();
  for (const state of ['open', 'all'] as const) {
    const found = (await listQuestions(gateway, state)).filter(({ id }) => id.startsWith(wanted));
    const [only] = found;
    if (only && found.length === 1) return only;
    if (only) {
      const ids = found.map(({ id }) => id);
      throw new CliError(
        `${found.length} questions begin with ${start}: ${ids.map((id) => shortId(id, ids)).join(', ')}.`,
      );
    }
  }
  throw new CliError(`There is no question ${start}. ./mobyclaw questions --all lists them.`);
}
