/** The gateway as a process that is killed, in front of a fake agent and of whatever its environment names. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { onTestFinished } from 'vitest';

const MAIN = join(import.meta.dirname, '../main.ts');
const LAST_LINES = 30;

export interface KilledGateway {
  /** Starts a process on the data of the one before; it is not ready when this returns. */
  start(): void;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** @throws where the process ended by itself, with its last words: nothing that it was to do will come */
  mustLive(): void;
  /** The end of what all its processes wrote, for a failure to show. */
  log(): string;
}

/** @param environment what enables the channel; `home` the data folder, with what is to be there before the first start */
export async function killedGateway(
  environment: Readonly<Record<string, string>>,
  home = temporaryFolder(),
): Promise<KilledGateway> {
  const agent = await startFakeAgent();
  const logFile = join(home, 'gateway.log');
  let child: ChildProcess | null = null;
  const gateway: KilledGateway = {
    start() {
      const log = openSync(logFile, 'a', 0o600);
      child = spawn(process.execPath, [MAIN], {
        stdio: ['ignore', log, log],
        env: {
          PATH: process.env.PATH,
          MOBYCLAW_HOME: home,
          MOBYCLAW_PORT: '0',
          MOBYCLAW_AGENT_URL: agent.url,
          ...environment,
        },
      });
      closeSync(log);
    },
    async kill() {
      const dying = child;
      if (!dying || hasEnded(dying)) return;
      await new Promise<void>((resolve) => {
        dying.once('exit', () => resolve());
        dying.kill('SIGKILL');
      });
    },
    mustLive() {
      if (!child || hasEnded(child))
        throw new Error(`the gateway ended by itself; it said\n${gateway.log()}`);
    },
    log() {
      return existsSync(logFile)
        ? readFileSync(logFile, 'utf8').split('\n').slice(-LAST_LINES).join('\n')
        : '';
    },
  };
  onTestFinished(async () => {
    await gateway.kill();
    await agent.close();
  });
  return gateway;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
