/** What the gateway tells memory of turns: one that has ended is not acted for any more, and the owner has been told. */

import { BoundedMap } from '@mobyclaw/lib/bounded-map';
import { checked } from '@mobyclaw/lib/checked';
import type { Route } from '@mobyclaw/mcp/route';
import type { McpCaller } from '@mobyclaw/mcp/tool';
import { ToolError } from '@mobyclaw/mcp/tool';
import * as z from 'zod';
import type { HeartbeatChanges } from './heartbeat-changes.ts';

const MOST_ENDED = 10_000; // of a day, which is how long a capability lasts

const endedBody = z.object({ turns: z.array(z.string().min(1).max(64)).max(MOST_ENDED) });
const toldBody = z.object({ id: z.string().min(1).max(64) });

export class EndedTurns {
  readonly #ended = new BoundedMap<string, true>(MOST_ENDED);

  add(turn: string): void {
    this.#ended.set(turn, true);
  }

  /** @throws ToolError where the gateway has said that this turn has ended */
  check(caller: McpCaller): McpCaller {
    if (caller.turn !== undefined && this.#ended.has(caller.turn)) {
      throw new ToolError(
        'The message that this call belongs to has ended, so the call is refused. Nothing was done.',
      );
    }
    return caller;
  }
}

export function turnRoutes(ended: EndedTurns, changes: HeartbeatChanges): Route[] {
  return [
    {
      method: 'POST',
      path: '/turns/ended',
      /** @returns what the owner has not been told yet */
      answer({ body }) {
        for (const turn of checked(endedBody, body).turns) ended.add(turn);
        return changes.list();
      },
    },
    {
      method: 'POST',
      path: '/heartbeat/told',
      async answer({ body }) {
        await changes.told(checked(toldBody, body).id);
        return {};
      },
    },
  ];
}
