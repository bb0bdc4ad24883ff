/** What the gateway refused, or why it could not be asked, in words for the owner. */
import { type Problem, problemSchema } from '@mobyclaw/protocol/problem';
import { CliError, EXIT } from './cli-error.ts';

/** Statuses that say "not now": a gateway that stops or starts (503), or a proxy before one. */
const NOT_NOW = new Set([502, 503, 504]);

/** The gateway answered with a problem (RFC 9457). */
export class GatewayError extends CliError {
  override name = 'GatewayError';
  readonly status: number;
  readonly problem: Problem | null;

  constructor(status: number, problem: Problem | null, hint?: string) {
    const said =
      problem?.detail ??
      `The answer was ${status}, and not one of Mobyclaw's gateway. Another program may use its port; ./mobyclaw doctor tells.`;
    const exitCode = problem?.type === '/problems/validation-failed' ? EXIT.usage : EXIT.failure;
    super(said + (hint ? `\n${hint}` : ''), { exitCode });
    this.status = status;
    this.problem = problem;
  }

  /** Whether the same request may succeed a little later. A problem of the agent itself does not pass by waiting. */
  get passing(): boolean {
    return NOT_NOW.has(this.status) && this.problem?.type !== '/problems/agent-error';
  }
}

/** The connection could not be made, or broke. */
export class ConnectionError extends CliError {
  override name = 'ConnectionError';
  readonly refused: boolean;

  constructor(cause: Error) {
    super(
      `The connection to the gateway broke (${(cause as NodeJS.ErrnoException).code ?? cause.message}).`,
      {
        cause,
      },
    );
    this.refused = (cause as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  }
}

/** @param body of an answer with status 400 or above */
export function gatewayError(status: number, body: string): GatewayError {
  const problem = parseProblem(body);
  return new GatewayError(status, problem, problem ? hintFor(status) : undefined);
}

function parseProblem(body: string): Problem | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  const result = problemSchema.safeParse(value);
  return result.success ? result.data : null;
}

function hintFor(status: number): string | undefined {
  if (status === 401) {
    return 'Another program may listen on this port, or the data directory is another one than the running gateway uses. ./mobyclaw doctor tells which.';
  }
  if (status === 500) return 'The log says more: ./mobyclaw logs gateway';
  return undefined;
}
