/** The fake agent as a process of its own, on a socket in its folder, where its state survives a kill. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FakeAgentOptions } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { Child } from './child.ts';

const PROGRAM = fileURLToPath(import.meta.resolve('@mobyclaw/testkit/fake-agent/main'));

export class AgentProcess {
  readonly child: Child;
  /** `unix:///…` */
  readonly url: string;

  constructor(child: Child, url: string) {
    this.child = child;
    this.url = url;
  }

  /** @param folder for its socket, its log and its state; one that was killed leaves its state and its socket there */
  static async start(folder: string, options: Omit<FakeAgentOptions, 'script' | 'onDie'> = {}) {
    const socketPath = join(folder, 'agent.sock');
    rmSync(socketPath, { force: true });
    const child = new Child({
      args: [PROGRAM],
      piped: true,
      logFile: join(folder, 'agent.log'),
      env: { FAKE_AGENT_OPTIONS: JSON.stringify({ socketPath, ...options }) },
    });
    const output = child.stdout;
    if (!output) throw new Error('the agent has no output');
    for await (const line of createInterface({ input: output })) {
      output.resume();
      return new AgentProcess(child, (JSON.parse(line) as { url: string }).url);
    }
    throw new Error(`the agent did not start (${await child.exited}); see ${folder}/agent.log`);
  }

  kill(): Promise<void> {
    return this.child.stop('SIGKILL');
  }
}
