/** What the tests of questions share: the questions of a gateway as its owner sees them, and the gateway as a process. */
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Question } from '@mobyclaw/protocol/question';
import type { FakeAgent } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { type Answer, Harness } from './harness.ts';
import { type KilledGateway, killedGateway } from './killed-gateway.ts';

const START_MS = 60_000; // on a machine that does much else

export async function openQuestions(moby: Harness): Promise<Question[]> {
  return (await moby.call('GET', '/api/questions')).body.items;
}

/** All there are, in the order they were asked. */
export async function allQuestions(moby: Harness): Promise<Question[]> {
  return (await moby.call('GET', '/api/questions?state=all')).body.items.toReversed();
}

/** The newest question that waits, once there is one. @param not one that is known already */
export function asked(moby: Harness, not?: Question): Promise<Question> {
  return until('a question', async () => (await openQuestions(moby)).find(({ id }) => id !== not?.id));
}

export function answer(moby: Harness, { id }: { id: string }, body: object): Promise<Answer> {
  return moby.call('POST', `/api/questions/${id}/answer`, { body });
}

export interface GatewayProcess {
  moby: Harness;
  /** SIGKILL, and a new process on the same data. */
  killAndStart(): Promise<void>;
  gateway: KilledGateway;
  started(): Promise<void>;
}

/** A gateway as a process of its own, in front of an agent that outlives it. */
export async function gatewayProcess(
  agent: Pick<FakeAgent, 'url'>,
  environment: Readonly<Record<string, string>> = {},
  home = temporaryFolder(),
): Promise<GatewayProcess> {
  const port = await freePort();
  const gateway = await killedGateway(
    { MOBYCLAW_PORT: String(port), MOBYCLAW_AGENT_URL: agent.url, MOBYCLAW_TZ: 'UTC', ...environment },
    home,
  );
  let moby: Harness | null = null;
  const started = async (): Promise<void> => {
    const look = (): Promise<boolean> => {
      gateway.mustLive();
      return fetch(`http://127.0.0.1:${port}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
    };
    await until('the gateway to listen', look, START_MS);
  };
  gateway.start();
  await started();
  moby = new Harness(join(home), null, port, () => gateway.kill());
  return {
    moby,
    gateway,
    started,
    async killAndStart() {
      await gateway.kill();
      gateway.start();
      await started();
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
