/**
 * A listener of a part for the agent alone, where he stands behind walls: a unix socket, on which the part answers `/mcp`
 * and nothing else that it has. What steers the part is then out of his reach by path and method, whatever token he found.
 */
import { rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { HttpProblem, sendProblem } from './http-problem.ts';

/** Variable with the path of the socket; set by whoever starts the part, absent where there are no walls. */
export const AGENT_DOOR = 'MOBYCLAW_AGENT_DOOR';

const KEEP_ALIVE_MS = 120_000; // longer than Go's 90 s, so that the client closes first and no call meets a closing socket

export interface AgentDoor {
  /** Ends the connections too. */
  close(): void;
}

/** @throws the listening error */
export async function openAgentDoor(path: string, answer: RequestListener): Promise<AgentDoor> {
  const server = createServer((request, response) => {
    if (/^\/mcp(\?|$)/.test(request.url ?? '')) return answer(request, response);
    request.resume();
    sendProblem(response, new HttpProblem('not-found', 'There is /mcp for you here, and nothing else.'));
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  rmSync(path, { force: true }); // of a process that was killed
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
