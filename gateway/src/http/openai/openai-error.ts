/** Errors in OpenAI's form, platform.openai.com/docs/guides/error-codes. */
import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { TurnEventData } from '@mobyclaw/protocol/events';
import { PROBLEM_TYPES } from '@mobyclaw/protocol/problem';
import type { ErrorRequestHandler, Response } from 'express';
import { OVER_BUDGET } from '../../unasked/ports.ts';
import { toProblem } from '../problem-handler.ts';
import { turnFailure } from '../turn-failure.ts';

/** OpenAI names a budget that is used up `insufficient_quota`, in both places where clients look. */
export function openAiError(message: string, code: string, type = 'api_error'): object {
  if (code === OVER_BUDGET) {
    return { error: { message, type: 'insufficient_quota', param: null, code: 'insufficient_quota' } };
  }
  return { error: { message, type, param: null, code } };
}

export const openAiErrors: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) return next(error);
  sendError(response, toProblem(error));
};

/** A turn that was accepted must not be sent again by a client that retries by itself. */
export function sendError(response: Response, problem: HttpProblem): void {
  const code = problem.extras.code ?? problem.type;
  const status = PROBLEM_TYPES[problem.type];
  const retry = problem.type === 'draining' || problem.type === 'queue-full';
  response
    .status(status)
    .set({ ...problem.headers, 'x-should-retry': String(retry) })
    .json(openAiError(problem.message, code, status < 500 ? 'invalid_request_error' : 'api_error'));
}

/** Some clients ask again at a 409 too, so a turn that was stopped is none here. */
export function openAiFailure(data: TurnEventData['error']): HttpProblem {
  const problem = turnFailure(data);
  return problem.type === 'conflict'
    ? new HttpProblem('turn-failed', data.message, { code: data.code })
    : problem;
}
