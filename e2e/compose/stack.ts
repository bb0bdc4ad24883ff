/**
 * The product as its user has it with Docker: docker-compose.yml and the generated override, on a data directory, a
 * project name and a port of its own. Removed when the test file is done, whatever happened in it.
 */
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareContainerUser } from '@mobyclaw/cli/compose/container-user';
import { OVERRIDE_FILE, writeOverride } from '@mobyclaw/cli/compose/override';
import { readOwnerVariables } from '@mobyclaw/cli/compose/owner-variables';
import { partSecrets, writePartSecrets } from '@mobyclaw/cli/compose/part-secrets';
import { standInKey } from '@mobyclaw/lib/credentials/bound-secrets';
import { type Status, statusSchema } from '@mobyclaw/protocol/status';
import { until } from '@mobyclaw/testkit/until';
import { afterAll, beforeAll } from 'vitest';
import { buildImages, COMPOSE_FILE, docker, IMAGE_TAG, ROOT } from './docker.ts';

export const SERVICES = ['moby', 'gateway', 'memory', 'workspace', 'egress'] as const;
export type Service = (typeof SERVICES)[number];

/** Secrets as a test can look for them where they must not be. */
export const SECRETS = {
  llm: 'sk-llm-secret-0123456789',
  telegram: '1:telegram-secret-0123456789',
  credential: 'credential-secret-0123456789',
} as const;

export interface StackOptions {
  env?: Record<string, string>;
  /** Of the data directory, where it is not the user of the tests. */
  uid?: number;
  soul?: (text: string) => string;
  workspaces?: string;
  credentials?: string;
  /** Of egress.yaml. */
  egress?: string;
}

const READY_WITHIN_MS = 90_000;
const BUILD_AND_UP_MS = 400_000; // without a cache a build takes two minutes on a small machine

export class Stack {
  readonly project: string;
  readonly port: number;
  readonly home: string;
  readonly #folder: string;
  readonly #environment: Record<string, string>;
  readonly #files: readonly string[];

  constructor(
    folder: string,
    home: string,
    port: number,
    environment: Record<string, string>,
    files: readonly string[],
  ) {
    this.#folder = folder;
    this.home = home;
    this.port = port;
    this.project = `mobytest-${port}`;
    this.#environment = environment;
    this.#files = files;
  }

  compose(args: readonly string[]): Promise<string> {
    const files = this.#files.flatMap((file) => ['-f', file]);
    return docker(
      ['compose', '-p', this.project, '--project-directory', ROOT, ...files, ...args],
      this.#environment,
    );
  }

  /** Resolves when every container is healthy and Moby answers. */
  async up(): Promise<void> {
    await this.compose(['up', '-d', '--wait', '--no-build']);
    await this.ready();
  }

  ready(): Promise<unknown> {
    const isReady = async (): Promise<boolean> => {
      try {
        return (await fetch(`http://127.0.0.1:${this.port}/readyz`)).ok;
      } catch {
        return false; // nobody listens yet
      }
    };
    return until('Moby to answer', isReady, READY_WITHIN_MS);
  }

  /** Runs a program in a service's container. */
  exec(service: Service, command: readonly string[]): Promise<string> {
    return docker(['exec', this.container(service), ...command]);
  }

  /** Runs JavaScript in a service's container and returns what it printed. */
  async node(service: Service, script: string): Promise<string> {
    return (await this.exec(service, ['node', '--input-type=module', '-e', script])).trim();
  }

  container(service: Service): string {
    return `${this.project}-${service}-1`;
  }

  // biome-ignore lint/suspicious/noExplicitAny: docker's own description of a container, hundreds of fields
  async inspect(service: Service): Promise<any> {
    return JSON.parse(await docker(['inspect', this.container(service)]))[0];
  }

  imageHistory(image: string): Promise<string> {
    return docker(['history', '--no-trunc', '--format', '{{.CreatedBy}}', image]);
  }

  /** Its address on a network of the stack, as this machine sees it. */
  async addressOn(service: Service, network: string): Promise<string> {
    const { NetworkSettings } = await this.inspect(service);
    return NetworkSettings.Networks[`${this.project}_${network}`].IPAddress;
  }

  /** Kills it from outside, as a crash does: `docker kill` would count as the owner's wish and not be restarted. */
  async sigkill(service: Service): Promise<void> {
    const { State } = await this.inspect(service);
    const script = `process.kill(${State.Pid}, 'SIGKILL')`;
    const image = `mobyclaw-gateway:${IMAGE_TAG}`;
    await docker(['run', '--rm', '--pid=host', '--user=0', '--network=none', image, 'node', '-e', script]);
  }

  request(path: string, init: RequestInit = {}): Promise<Response> {
    const token = readFileSync(join(this.home, 'gateway/cli-token'), 'utf8').trim();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers };
    return fetch(`http://127.0.0.1:${this.port}${path}`, { ...init, headers });
  }

  /** The text of the answer. */
  async prompt(prompt: string, session = 'api:test'): Promise<string> {
    const response = await this.request('/prompt', {
      method: 'POST',
      body: JSON.stringify({ prompt, session }),
    });
    const body = await response.text();
    if (!response.ok) throw new Error(`POST /prompt answered ${response.status}: ${body}`);
    return (JSON.parse(body) as { text: string }).text;
  }

  async status(): Promise<Status> {
    return statusSchema.parse(await (await this.request('/api/status')).json());
  }

  async remove(): Promise<void> {
    await this.compose(['down', '--volumes', '--remove-orphans', '--timeout', '3']);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * A stack for the tests of the suite that this is called in: up before the first, removed after the last.
 * @param options a function where they must wait for something, such as the port of a server
 */
export function useStack(options: StackOptions | (() => Promise<StackOptions>) = {}): () => Stack {
  let stack: Stack | undefined;
  beforeAll(async () => {
    stack = await newStack(typeof options === 'function' ? await options() : options);
    await stack.up();
  }, BUILD_AND_UP_MS);
  afterAll(async () => {
    await stack?.remove();
  });
  return () => {
    if (!stack) throw new Error('the stack is not up');
    return stack;
  };
}

async function newStack({ env, uid, soul, workspaces, credentials, egress }: StackOptions): Promise<Stack> {
  await buildImages();
  const folder = mkdtempSync(join(tmpdir(), 'mobyclaw-stack-'));
  const home = join(folder, 'home');
  mkdirSync(home, { mode: 0o700 });
  if (uid !== undefined) chownSync(home, uid, uid);
  const write = (name: string, text: string | undefined): void => {
    if (text !== undefined) writeFileSync(join(home, name), text, { mode: 0o600 });
  };
  write('workspaces.conf', workspaces);
  write('credentials.env', credentials);
  write('egress.yaml', egress);
  write('soul.yaml', soul?.(readFileSync(join(ROOT, 'agents/moby/soul.yaml'), 'utf8')));
  const user = await prepareContainerUser(home, false);
  await writeOverride(home, folder, {});
  const port = await freePort();
  const secrets = {
    MOBYCLAW_AGENT_TOKEN: 'agent-token-0123456789',
    MOBYCLAW_MCP_TOKEN: 'mcp-token-0123456789',
    MOBYCLAW_CONTROL_TOKEN: 'control-token-0123456789',
    MOBYCLAW_MEMORY_TOKEN: 'memory-token-0123456789',
    MOBYCLAW_CAPABILITY_KEY: 'capability-key-0123456789',
    MOBYCLAW_EGRESS_TOKEN: 'egress-token-0123456789',
    MOBYCLAW_MODEL_KEY: 'sk-moby-0123456789',
    ...env,
  };
  const variables = await readOwnerVariables(home);
  await writePartSecrets(home, partSecrets({ environment: secrets }, {}, variables, await standInKey(home)));
  const environment = {
    MOBYCLAW_HOME: home,
    MOBYCLAW_UID: String(user.uid),
    MOBYCLAW_GID: String(user.gid),
    MOBYCLAW_PORT: String(port),
    MOBYCLAW_AGENT: 'embedded',
    MOBYCLAW_IMAGE_TAG: IMAGE_TAG,
    COMPOSE_DISABLE_ENV_FILE: 'true',
    ...env,
  };
  const files = [COMPOSE_FILE, checkOften(folder)];
  if (existsSync(join(folder, OVERRIDE_FILE))) files.push(join(folder, OVERRIDE_FILE));
  return new Stack(folder, home, port, environment, files);
}

/** A second between health checks: the tests start the stack many times over. */
function checkOften(folder: string): string {
  const file = join(folder, 'check-often.yml');
  const services = Object.fromEntries(SERVICES.map((name) => [name, { healthcheck: { interval: '1s' } }]));
  writeFileSync(file, JSON.stringify({ services }));
  return file;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** The address of this machine that every container with a way out can reach: that of Docker's own bridge. */
export async function bridgeAddress(): Promise<string> {
  const config = await docker(['network', 'inspect', 'bridge', '--format', '{{json .IPAM.Config}}']);
  const [{ Gateway, Subnet }] = JSON.parse(config) as [{ Gateway?: string; Subnet: string }];
  return Gateway ?? Subnet.replace(/\d+\/\d+$/, '1'); // older engines tell the first address only once it is in use
}
