/** How a turn that did not end well is told to a program that waited for it. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import type { TurnEventData } from '@mobyclaw/protocol/events';
import type { ProblemType } from '@mobyclaw/protocol/problem';
import { OVER_BUDGET } from '../unasked/ports.ts';

/** What ended a turn other than the agent. */
const PROBLEMS: Record<string, ProblemType | undefined> = {
  cancelled: 'conflict',
  interrupted: 'conflict',
  [OVER_BUDGET]: 'budget-exceeded',
};

/**
 * Clients ask again by themselves at a 5xx, and each time is another turn: so what asking again cannot mend is a 4xx.
 * @param turn its id, where the program is to be told
 */
export function turnFailure(
  { code, message, retryable, partial }: TurnEventData['error'],
  turn?: string,
): HttpProblem {
  return new HttpProblem(PROBLEMS[code] ?? (retryable ? 'agent-error' : 'turn-failed'), message, {
    code,
    ...(turn === undefined ? {} : { turn }),
    ...(partial === undefined ? {} : { partial }),
  });
}
