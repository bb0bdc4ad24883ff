/** An error at the HTTP edge, and its one rendering: RFC 9457 `application/problem+json`. */
import type { ServerResponse } from 'node:http';
import { PROBLEM_TYPES, type Problem, type ProblemType } from '@mobyclaw/protocol/problem';

/** Thrown by a route; `detail` says what happened and what to do next, and is shown to the caller. */
export class HttpProblem extends Error {
  override name = 'HttpProblem';
  readonly type: ProblemType;

  constructor(type: ProblemType, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.type = type;
  }
}

/** Answers with the problem, unless the answer has begun already: then the connection is all that is left to end. */
export function sendProblem(
  response: ServerResponse,
  type: ProblemType,
  detail: string,
  status: number = PROBLEM_TYPES[type],
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const title = type.charAt(0).toUpperCase() + type.slice(1).replaceAll('-', ' ');
  const problem: Problem = { type: `/problems/${type}`, title, status, detail };
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  response.end(JSON.stringify(problem));
}
