/** How the parts are, as far as the gateway can tell: local mode writes it down, in containers it asks those that it reaches. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { supervisorStatusSchema } from '@mobyclaw/protocol/control';
import { egressStatusSchema } from '@mobyclaw/protocol/egress';
import { LOCAL_STATE_FILE, localStateSchema } from '@mobyclaw/protocol/local-state';
import type { PartsView, PartView } from '@mobyclaw/protocol/part';
import type { PartClient } from '../parts/part-client.ts';

export interface PartStatesOptions {
  /** The data directory, which in a container holds the gateway's folder alone. */
  home: string;
  version: string;
  memory: PartClient | null;
  supervisor: PartClient | null;
  egress: PartClient | null;
}

export async function partStates(options: PartStatesOptions): Promise<PartsView> {
  const { home, version, memory, supervisor, egress } = options;
  const agent = await agentPart(supervisor);
  const local = await localParts(home);
  if (local) {
    const parts = local.parts.map((part) =>
      part.name === 'agent' && agent?.version !== undefined ? { ...part, version: agent.version } : part,
    );
    return { mode: 'local', parts };
  }
  return {
    mode: 'containers',
    parts: [
      { name: 'gateway', state: 'ready', version },
      ...(agent ? [agent] : []),
      ...(memory ? [await memoryPart(memory)] : []),
      { name: 'workspace', state: 'unknown' },
      ...(egress ? [await egressPart(egress)] : []),
    ],
  };
}

async function localParts(home: string): Promise<{ parts: PartView[] } | null> {
  let text: string;
  try {
    text = await readFile(join(home, LOCAL_STATE_FILE), 'utf8');
  } catch {
    return null; // not in local mode, or not to be seen from here
  }
  const read = localStateSchema.safeParse(JSON.parse(text));
  if (!read.success) return null;
  const { version, parts } = read.data;
  return {
    parts: parts.map(({ name, state, restarts, problem }) => ({
      name,
      state,
      version,
      restarts,
      ...(problem === undefined ? {} : { problem }),
    })),
  };
}

async function agentPart(supervisor: PartClient | null): Promise<PartView | null> {
  if (!supervisor) return null;
  const status = supervisorStatusSchema.safeParse((await supervisor.request('GET', '/status'))?.body);
  if (!status.success) {
    return { name: 'agent', state: 'down', problem: 'It does not answer. ./mobyclaw logs agent says why.' };
  }
  const { engine, state, restarts, problem } = status.data;
  return {
    name: 'agent',
    state,
    version: `${engine.kind} ${engine.version}`.trim(),
    restarts,
    ...(problem ? { problem: problem.message } : {}),
  };
}

async function memoryPart(memory: PartClient): Promise<PartView> {
  const answer = await memory.request('GET', '/soul');
  if (answer?.status === 200) return { name: 'memory', state: 'ready' };
  return { name: 'memory', state: 'down', problem: 'It does not answer. ./mobyclaw logs memory says why.' };
}

async function egressPart(egress: PartClient): Promise<PartView> {
  const answer = egressStatusSchema.safeParse((await egress.request('GET', '/status'))?.body);
  if (!answer.success) {
    return { name: 'egress', state: 'down', problem: 'It does not answer. ./mobyclaw logs egress says why.' };
  }
  return { name: 'egress', state: 'ready', version: answer.data.version };
}
