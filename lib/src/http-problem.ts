/** An error at the HTTP edge, and its one rendering: RFC 9457 `application/problem+json`. */
import type { ServerResponse } from 'node:http';
import { PROBLEM_TYPES, type Problem, type ProblemType } from '@mobyclaw/protocol/problem';

export type ProblemExtras = Partial<Pick<Problem, 'turn' | 'code' | 'partial' | 'errors'>>;

/** Thrown by a route; what it says is shown to the caller. */
export class HttpProblem extends Error {
  override name = 'HttpProblem';
  readonly type: ProblemType;
  readonly extras: ProblemExtras;
  readonly headers: Record<string, string>;

  /** @param detail for people: what happened and what to do next */
  constructor(
    type: ProblemType,
    detail: string,
    extras: ProblemExtras = {},
    headers: Record<string, string> = {},
  ) {
    super(detail);
    this.type = type;
    this.extras = extras;
    this.headers = headers;
  }
}

/**
 * Answers with the problem. If the answer has begun already, its connection is ended, because nothing else can be said on it.
 * @param status where it is not that of the type
 */
export function sendProblem(
  response: ServerResponse,
  { type, message, extras, headers }: HttpProblem,
  status: number = PROBLEM_TYPES[type],
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const problem: Problem = {
    type: `/problems/${type}`,
    title: type.replaceAll('-', ' '),
    status,
    detail: message,
    ...extras,
  };
  const body = JSON.stringify(problem);
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
