/**
 * All of Moby as local mode runs it: `dist/local.js` and its parts, with the soul.yaml that a new home gets, thinking
 * with a fake model. It runs on a copy of node, so that only its own processes share the pages of that file, as on the
 * owner's machine; this one's, too, would make its share look smaller.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MALLOC_SETTINGS } from '@mobyclaw/lib/process-memory';
import type { LocalState } from '@mobyclaw/protocol/local-state';
import { Child } from './child.ts';
import { ROOT } from './gateway-process.ts';

const BUNDLE = join(ROOT, 'dist/local.js');
const SOUL = join(ROOT, 'agents/moby/soul.yaml');
const START_LIMIT_MS = 60_000;
const POLL_MS = 20;

export interface StackOptions {
  /** An empty folder, or one of an earlier stack. */
  home: string;
  port: number;
  /** Of the model, `http://…/v1`. */
  baseUrl: string;
  /** Another build than `dist`. */
  program?: string;
  env?: Readonly<Record<string, string>>;
}

export class StackProcess {
  readonly port: number;
  readonly #child: Child;
  readonly #home: string;

  constructor(child: Child, { home, port }: StackOptions) {
    this.#child = child;
    this.#home = home;
    this.port = port;
  }

  /** @throws where it does not become ready; `<home>/local.log` and `<home>/logs` say why */
  static async start(options: StackOptions): Promise<StackProcess> {
    const { home, port, baseUrl, env } = options;
    const node = join(home, 'node');
    copyFileSync(process.execPath, node);
    writeFileSync(join(home, 'soul.yaml'), soul(baseUrl));
    const child = new Child({
      args: [options.program ?? BUNDLE],
      logFile: join(home, 'local.log'),
      node,
      atExit: 'SIGTERM', // it ends its parts
      env: {
        ...MALLOC_SETTINGS,
        HOME: home,
        PATH: process.env.PATH ?? '',
        MOBYCLAW_HOME: home,
        MOBYCLAW_PORT: String(port),
        MOBYCLAW_AGENT: 'embedded',
        MOBYCLAW_TZ: 'UTC',
        ...env,
      },
    });
    const stack = new StackProcess(child, options);
    for (const start = performance.now(); stack.#state()?.state !== 'ready'; ) {
      if (child.ended) throw new Error(`the stack ended (${await child.exited}); see ${home}/local.log`);
      if (performance.now() - start > START_LIMIT_MS) {
        await stack.stop();
        throw new Error(`the stack did not become ready; see ${home}/local.log`);
      }
      await sleep(POLL_MS);
    }
    return stack;
  }

  get token(): string {
    return readFileSync(join(this.#home, 'gateway/cli-token'), 'utf8').trim();
  }

  /**
   * MiB of each part, what processes share counted by their shares (PSS), by the part's name. The agent's is bubblewrap and
   * what runs behind its walls.
   */
  memory(): Map<string, number> {
    const parts = this.#state()?.parts ?? [];
    const ofParts = parts.map(({ name, pid }) => [name, treeMb(pid)] as const);
    return new Map([['supervisor', pssMb(this.#child.pid)], ...ofParts]);
  }

  stop(): Promise<void> {
    return this.#child.stop('SIGTERM');
  }

  #state(): LocalState | null {
    try {
      return JSON.parse(readFileSync(join(this.#home, 'run/local.json'), 'utf8')) as LocalState;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }
}

/** With all that it has started. */
function treeMb(pid: number | null): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  const below = children === '' ? [] : children.split(' ').map(Number);
  return below.reduce((sum, child) => sum + treeMb(child), pssMb(pid));
}

function pssMb(pid: number | null): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) / 1024;
}

/** That of a new home, with another model. */
function soul(baseUrl: string): string {
  return readFileSync(SOUL, 'utf8')
    .replace('provider: anthropic', 'provider: bench')
    .concat(`\nproviders:\n  bench: { api_type: openai_chatcompletions, base_url: ${baseUrl} }\n`);
}
