import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Bytes that a socket's path may have; the systems' limits are 107 (Linux) and 103 (macOS). */
const MAX_PATH_BYTES = 100;

export interface AgentSocket {
  path: string;
  /** Removes the socket, and its folder where that was made for it. */
  remove(): Promise<void>;
}

/** A place for the agent's unix socket: `run/agent.sock`, or where that is too long a short folder that only the owner can enter. */
export async function placeAgentSocket(run: string): Promise<AgentSocket> {
  const path = join(run, 'agent.sock');
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return { path, remove: () => rm(path, { force: true }) };
  const folder = await mkdtemp(join(tmpdir(), 'mobyclaw-')); // created 0700
  const short = join(folder, 'agent.sock');
  return { path: short, remove: () => rm(dirname(short), { recursive: true, force: true }) };
}
