/**
 * Which program is the agent: cagent where there is one, else the embedded agent, or the one that `MOBYCLAW_AGENT`
 * names. Reads PATH and runs `<program> version` once; a program of that name that does not answer so is not taken.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findOnPath } from '@mobyclaw/lib/find-on-path';
import { StartError } from '@mobyclaw/lib/start-error';
import type { Engine } from '@mobyclaw/protocol/control';
import { type EngineVersion, parseVersion } from './engine-version.ts';

const run = promisify(execFile);
const VERSION_TIMEOUT_MS = 10_000; // cagent answers in 0.1 s; a cold disk may need seconds
/** The agent's shell runs as the same user: no signal of its may open the inspector, which shows all that the process holds. */
const NODE_FLAGS = ['--disable-sigusr1'];
const CAGENT_NAMES = ['docker-agent', 'cagent'];

export interface FoundEngine extends Engine {
  /** Program and arguments that come before `serve` or `version`. */
  command: string;
  prefix: readonly string[];
  numbers: EngineVersion | null;
}

export interface EngineSearch {
  /** `MOBYCLAW_AGENT`: cagent, embedded, or undefined for whichever there is. */
  wanted: string | undefined;
  /** PATH of the agent. */
  path: string | undefined;
  /** Bundle of the embedded agent. */
  embeddedBundle: string;
  /** Environment to ask for the version with. */
  env: Readonly<Record<string, string>>;
}

/** @throws StartError saying what to set or install */
export async function findEngine(search: EngineSearch): Promise<FoundEngine> {
  const { wanted } = search;
  if (wanted !== undefined && wanted !== 'cagent' && wanted !== 'embedded') {
    throw new StartError(`MOBYCLAW_AGENT is "${wanted}"; set it to cagent or embedded, or leave it out`);
  }
  const refused: string[] = [];
  if (wanted !== 'embedded') {
    for (const name of CAGENT_NAMES) {
      const command = await findOnPath([name], search.path);
      if (command === null) continue;
      const output = await versionOutput(command, [], search.env);
      if (output instanceof Error)
        refused.push(`${command} version failed: ${output.message.split('\n')[0]}`);
      else return engine('cagent', command, [], output);
    }
  }
  if (wanted === 'cagent') {
    const why = refused.length > 0 ? refused.join('; ') : 'neither docker-agent nor cagent is on the PATH';
    throw new StartError(`MOBYCLAW_AGENT is cagent, but ${why}; install it or set MOBYCLAW_AGENT=embedded`);
  }
  const prefix = [...NODE_FLAGS, search.embeddedBundle];
  const output = await versionOutput(process.execPath, prefix, search.env);
  if (output instanceof Error) {
    const reason = [...refused, `the embedded agent does not start: ${output.message.trim()}`].join('; ');
    throw new StartError(`no agent to run: ${reason}; build the project again`);
  }
  return engine('embedded', process.execPath, prefix, output);
}

function engine(
  kind: Engine['kind'],
  command: string,
  prefix: readonly string[],
  output: string,
): FoundEngine {
  const parsed = parseVersion(output);
  return { kind, command, prefix, version: parsed?.text ?? '', numbers: parsed?.version ?? null };
}

async function versionOutput(
  command: string,
  prefix: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string | Error> {
  try {
    const { stdout } = await run(command, [...prefix, 'version'], { env, timeout: VERSION_TIMEOUT_MS });
    return stdout;
  } catch (error) {
    return error as Error;
  }
}
