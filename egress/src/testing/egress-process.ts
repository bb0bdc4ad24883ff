/** Egress as it really runs: a process of its own, on a folder and ports of its own, ended when the test is over. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type CallSums,
  callSumsSchema,
  type EgressBudget,
  type ModelCall,
  type RunningTurn,
} from '@mobyclaw/protocol/egress';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const TOKEN = 'the-token-of-the-gateway';
export const MODEL_KEY = 'sk-moby-the-virtual-key-of-the-test';

export const NO_BUDGET: EgressBudget = {
  caps: { dayUsd: null, monthUsd: null, dayTokens: null, monthTokens: null },
  timeZone: 'UTC',
  prices: [['*', { input: 1, output: 2, cached: 0.5 }]],
  elsewhere: { day: '', month: '', ofDay: { usd: 0, tokens: 0 }, ofMonth: { usd: 0, tokens: 0 } },
  liftedDay: null,
};

export interface EgressProcess {
  readonly home: string;
  readonly child: ChildProcess;
  readonly relayUrl: string;
  readonly controlUrl: string;
  /** All that it has printed. */
  output(): string;
  put(path: '/budget' | '/turns', body: unknown): Promise<void>;
  tellBudget(budget?: Partial<EgressBudget>): Promise<void>;
  tellTurns(turns: readonly RunningTurn[]): Promise<void>;
  /** What was counted since a time. */
  sums(since?: Date): Promise<CallSums>;
  /** Resolves when so many calls have been told since the beginning. */
  calls(count: number): Promise<ModelCall[]>;
  kill(): Promise<void>;
}

export interface EgressProcessOptions {
  home?: string;
  soul?: string;
  env?: Record<string, string>;
}

export async function startEgressProcess(options: EgressProcessOptions = {}): Promise<EgressProcess> {
  const home = options.home ?? temporaryFolder();
  mkdirSync(join(home, 'agent'), { recursive: true });
  if (options.soul !== undefined) writeFileSync(join(home, 'agent/soul.yaml'), options.soul);
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env.PATH,
      MOBYCLAW_HOME: home,
      MOBYCLAW_EGRESS_TOKEN: TOKEN,
      MOBYCLAW_MODEL_KEY: MODEL_KEY,
      MOBYCLAW_RELAY_LISTEN: '127.0.0.1:0',
      MOBYCLAW_DOOR_LISTEN: '127.0.0.1:0',
      MOBYCLAW_EGRESS_LISTEN: '127.0.0.1:0',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exit;
  };
  onTestFinished(kill);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  const { url, relayUrl } = await until('egress to listen', () => {
    const line = output.split('\n').find((text) => text.includes('"listening"'));
    if (child.exitCode !== null) throw new Error(`egress ended: ${output}`);
    return line === undefined ? null : (JSON.parse(line) as { url: string; relayUrl: string });
  });
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const put = async (path: string, body: unknown): Promise<void> => {
    const answer = await fetch(url + path, { method: 'PUT', headers, body: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(await answer.text());
  };
  return {
    home,
    child,
    relayUrl,
    controlUrl: url,
    output: () => output,
    put,
    tellBudget: (budget = {}) => put('/budget', { ...NO_BUDGET, ...budget }),
    tellTurns: (turns) => put('/turns', { turns }),
    async sums(since = new Date(0)) {
      const answer = await fetch(`${url}/calls?since=${since.toISOString()}`, { headers });
      if (answer.status !== 200) throw new Error(await answer.text());
      return callSumsSchema.parse(await answer.json());
    },
    async calls(count) {
      const leave = new AbortController();
      const answer = await fetch(`${url}/events`, { headers, signal: leave.signal });
      let text = '';
      const found: ModelCall[] = [];
      for await (const chunk of answer.body ?? []) {
        text += Buffer.from(chunk).toString();
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          if (block.includes('event: call\n'))
            found.push(JSON.parse(block.slice(block.indexOf('data: ') + 6)) as ModelCall);
        }
        if (found.length >= count) break;
      }
      leave.abort();
      return found;
    },
    kill,
  };
}
