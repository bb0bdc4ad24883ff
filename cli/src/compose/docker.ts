/**
 * Docker as it is on this machine: whether the engine answers and Compose v2 is there; and `docker compose` as a child
 * process, always from the checkout, so that docker-compose.override.yml is read too (`-f` would leave it out).
 */
import { execFile, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ANSWER_WITHIN_MS = 20_000; // Docker Desktop that is just starting
const OLDEST_COMPOSE = [2, 20]; // services with `extra_hosts` in list form and `build.target` filled in; from July 2023

export type Docker =
  | { ready: true; engine: string; compose: string; rootless: boolean }
  | { ready: false; problem: string; remedy: string };

type Environment = Readonly<Record<string, string | undefined>>;

/** Never throws: what is missing is told, with what to do. */
export async function findDocker(env: Environment): Promise<Docker> {
  const options = { env: env as NodeJS.ProcessEnv, timeout: ANSWER_WITHIN_MS };
  const asked = await Promise.allSettled([
    run('docker', ['info', '--format', '{{json .ServerVersion}} {{json .SecurityOptions}}'], options),
    run('docker', ['compose', 'version', '--short'], options),
  ]);
  const [engine, compose] = asked;
  if (engine.status === 'rejected') return unreachable(engine.reason as Failure);
  const [version = '', security = ''] = splitAt(engine.value.stdout.trim(), ' ');
  // `docker info` ends well without an engine where it is given a format; the version is then empty.
  if (version === '""' || version === '') return unreachable({ stderr: engine.value.stderr });
  if (compose.status === 'rejected') {
    return {
      ready: false,
      problem: `Docker ${JSON.parse(version)} is there, but Compose v2 ("docker compose") is not`,
      remedy: 'Install the package docker-compose-plugin (docs.docker.com/compose/install).',
    };
  }
  const composeVersion = compose.value.stdout.trim().replace(/^v/, '');
  const [major = 0, minor = 0] = composeVersion.split('.').map(Number);
  const [oldMajor = 0, oldMinor = 0] = OLDEST_COMPOSE;
  if (major < oldMajor || (major === oldMajor && minor < oldMinor)) {
    return {
      ready: false,
      problem: `Docker Compose ${composeVersion} is too old`,
      remedy: `Update it to ${OLDEST_COMPOSE.join('.')} or later (docs.docker.com/compose/install).`,
    };
  }
  const rootless = (JSON.parse(security || 'null') as string[] | null)?.includes('name=rootless') ?? false;
  return { ready: true, engine: JSON.parse(version) as string, compose: composeVersion, rootless };
}

interface Failure {
  code?: string | number;
  killed?: boolean;
  stderr?: string;
}

function unreachable({ code, killed, stderr = '' }: Failure): Docker {
  if (code === 'ENOENT') {
    return {
      ready: false,
      problem: 'Docker is not installed',
      remedy: 'Install it from docs.docker.com/get-docker, or go on without: ./mobyclaw up --local',
    };
  }
  const said = killed
    ? `no answer within ${ANSWER_WITHIN_MS / 1000} s`
    : (stderr.trim().split('\n').at(-1) ?? '');
  return {
    ready: false,
    problem: `Docker is installed, but does not answer${said ? `: ${said}` : ''}`,
    remedy:
      'Start it (Docker Desktop, or sudo systemctl start docker); on Linux your user has to be in the group docker. Or go on without: ./mobyclaw up --local',
  };
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

export interface ComposeProcess {
  checkout: string;
  env: Environment;
}

export interface ComposeOutcome {
  code: number;
  stdout: string;
  /** Empty where it was shown. */
  stderr: string;
}

export interface ComposeOptions {
  /** Where stdout and stderr are shown as they come; both are kept instead where this is absent. */
  show?: Writable & { isTTY?: boolean };
  /** Told of each line of stdout. */
  onLine?: (line: string) => void;
  signal?: AbortSignal;
}

/** Runs `docker compose <args>` to its end. @throws where docker cannot be started at all */
export function compose(
  { checkout, env }: ComposeProcess,
  args: readonly string[],
  { show, onLine, signal }: ComposeOptions = {},
): Promise<ComposeOutcome> {
  return new Promise((resolve, reject) => {
    // A terminal gets Docker's own moving display, which needs the file itself and not a pipe.
    const shown = show?.isTTY && 'fd' in show ? (show as unknown as { fd: number }).fd : 'pipe';
    const child = spawn('docker', ['compose', '--project-directory', checkout, ...args], {
      cwd: checkout,
      env: env as NodeJS.ProcessEnv,
      stdio: ['ignore', shown, shown],
      ...(signal && { signal }),
    });
    let stdout = '';
    let stderr = '';
    let rest = '';
    read(child.stdout, (text) => {
      if (show) show.write(text);
      else if (onLine) {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onLine(line);
      } else stdout += text;
    });
    read(child.stderr, (text) => {
      if (show) show.write(text);
      else stderr += text;
    });
    child.on('error', (error) => {
      if (error.name === 'AbortError') return; // its end follows
      reject(error);
    });
    child.on('close', (code) => {
      if (rest !== '') onLine?.(rest);
      resolve({ code: code ?? 1, stdout, stderr });
    });
  });
}

function read(stream: Readable | null, note: (text: string) => void): void {
  stream?.setEncoding('utf8').on('data', note);
}
