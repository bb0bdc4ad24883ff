/** Starts the door for a test, and the sites of a small world that it can reach. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { join } from 'node:path';
import { setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@mobyclaw/lib/clock';
import { spawnServer } from '@mobyclaw/testkit/server-process';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { onTestFinished } from 'vitest';
import { Authority } from '../ca/authority.ts';
import { makeKey, makeLeaf } from '../ca/certificates.ts';
import { type AuditRow, type DoorSetup, testDoor } from './test-door.ts';

export interface TestDoor {
  url: string;
  port: number;
  /** Variables for a program that shall use the door and trust it. */
  environment: Record<string, string>;
  /** Certificates that such a program trusts, as PEM. */
  trusted: string;
  pid: number;
  rows(): AuditRow[];
  /** Waits until a row is as it says. */
  row(what: Partial<AuditRow>): Promise<AuditRow>;
  kill(): Promise<void>;
}

export interface World {
  root: string;
  /** Of its authority, as PEM. */
  ca: string;
  /** @returns the port */
  http(listener: RequestListener): Promise<{ port: number; server: Server }>;
  https(hosts: string, listener: RequestListener): Promise<{ port: number; server: Server }>;
  http2(host: string): Promise<{ port: number; server: ReturnType<typeof createSecureServer> }>;
  certificate(host: string): Promise<{ key: string; cert: string }>;
  /** In this process. */
  door(setup: Partial<DoorSetup>, environment?: Record<string, string>): Promise<TestDoor>;
  /** As a process of its own. */
  doorProcess(setup: Partial<DoorSetup>, environment?: Record<string, string>): Promise<TestDoor>;
}

export async function world(): Promise<World> {
  const root = temporaryFolder();
  const folder = join(root, 'world');
  mkdirSync(folder);
  await Authority.open(folder, systemClock);
  const [ca, caKey] = ['ca.pem', 'ca.key'].map((name) => readFileSync(join(folder, name), 'utf8')) as [
    string,
    string,
  ];
  const certificate = async (host: string) => {
    const key = makeKey();
    const span = { from: Date.now() - 86_400_000, until: Date.now() + 86_400_000 };
    return { key, cert: await makeLeaf({ key: caKey, cert: ca }, key, host, span) };
  };
  return {
    root,
    ca,
    certificate,
    http: async (listener) => {
      const server = createServer(listener);
      return { server, port: await listening(server) };
    },
    https: async (host, listener) => {
      const server = createTlsServer(await certificate(host), listener);
      return { server, port: await listening(server) };
    },
    http2: async (host) => {
      const server = createSecureServer({ ...(await certificate(host)), allowHTTP1: true });
      return { server, port: await listening(server) };
    },
    door: (setup, environment) => doorHere(root, ca, setup, environment),
    doorProcess: (setup, environment) => doorProcess(root, ca, setup, environment),
  };
}

let doors = 0;

function wholeSetup(root: string, setup: Partial<DoorSetup>): DoorSetup {
  const folder = join(root, `egress-${doors++}`);
  return { folder, names: {}, rules: {}, secrets: [], publicToo: ['127.0.0.1'], ...setup };
}

async function doorHere(
  root: string,
  ca: string,
  setup: Partial<DoorSetup>,
  environment: Record<string, string> = {},
): Promise<TestDoor> {
  setDefaultCACertificates([ca]); // what the door trusts; its process has NODE_EXTRA_CA_CERTS
  const rows: AuditRow[] = [];
  const server = await testDoor(wholeSetup(root, setup), environment, (row) => rows.push(row));
  const port = await listening(server);
  return describeDoor(root, ca, `http://127.0.0.1:${port}`, () => rows, {
    pid: process.pid,
    kill: async () => server.closeAllConnections(),
  });
}

async function doorProcess(
  root: string,
  ca: string,
  setup: Partial<DoorSetup>,
  environment: Record<string, string> = {},
): Promise<TestDoor> {
  const whole = wholeSetup(root, setup);
  const audit = `${whole.folder}.audit`;
  const worldFile = join(root, 'world.pem');
  writeFileSync(worldFile, ca);
  const { child, url, output } = spawnServer(fileURLToPath(new URL('door-main.ts', import.meta.url)), {
    DOOR_SETUP: JSON.stringify(whole),
    DOOR_AUDIT: audit,
    NODE_EXTRA_CA_CERTS: worldFile,
    ...environment,
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  const at = await url().catch((error) => {
    throw new Error(output(), { cause: error });
  });
  const lines = (): string[] => (existsSync(audit) ? readFileSync(audit, 'utf8').split('\n') : []);
  const rows = (): AuditRow[] =>
    lines().flatMap((line) => (line === '' ? [] : [JSON.parse(line) as AuditRow]));
  return describeDoor(root, ca, at, rows, { pid: child.pid ?? 0, kill });
}

async function describeDoor(
  root: string,
  ca: string,
  url: string,
  rows: () => AuditRow[],
  more: Pick<TestDoor, 'pid' | 'kill'>,
): Promise<TestDoor> {
  const authority = await (await fetch(`${url}/authority.pem`)).text();
  const bundle = join(root, `bundle-${doors}.pem`);
  writeFileSync(bundle, `${ca}\n${authority}`);
  return {
    url,
    port: Number(new URL(url).port),
    trusted: `${ca}\n${authority}`,
    environment: {
      PATH: process.env.PATH ?? '',
      HOME: root,
      HTTP_PROXY: url,
      HTTPS_PROXY: url,
      http_proxy: url,
      https_proxy: url,
      NO_PROXY: '',
      SSL_CERT_FILE: bundle,
      NODE_EXTRA_CA_CERTS: bundle,
      NODE_USE_ENV_PROXY: '1',
      GIT_SSL_CAINFO: bundle,
      PIP_CERT: bundle,
      REQUESTS_CA_BUNDLE: bundle,
      CURL_CA_BUNDLE: bundle,
      NPM_CONFIG_CAFILE: bundle,
    },
    rows,
    row: (what) =>
      until(
        `a row with ${JSON.stringify(what)}`,
        () =>
          rows().find((row) =>
            Object.entries(what).every(([key, value]) => row[key as keyof AuditRow] === value),
          ),
        20_000,
      ),
    ...more,
  };
}

function listening(server: NetServer): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  );
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
