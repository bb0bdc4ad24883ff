/**
 * Starts local mode and waits until Moby answers. The background process outlives this one; it tells how far it is in
 * run/local.json, and its own output goes to logs/local.log.
 *
 * Ends with Moby answering, or with the reason why he does not. A part that a hand can mend (a broken soul.yaml) leaves
 * the rest running, so that mending it is enough.
 */

import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { pause } from '@mobyclaw/lib/clock';
import { isNamed, LOCALE_NAMES } from '@mobyclaw/lib/environment-names';
import { SECRETS_VARIABLE } from '@mobyclaw/lib/part-secrets';
import { MALLOC_SETTINGS } from '@mobyclaw/lib/process-memory';
import { isSettingName, SETTINGS } from '@mobyclaw/lib/settings';
import { quoted } from '@mobyclaw/lib/shell-quote';
import type { LocalPart, LocalState } from '@mobyclaw/protocol/local-state';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { makeDataFolders } from '../data-directory.ts';
import { diskProblem } from '../disk-error.ts';
import { renderEntry } from '../logs/log-entry.ts';
import { lastEntries, logParts } from '../logs/log-files.ts';
import { say } from '../terminal.ts';
import { type Build, defaultsOf, nodeOf } from './builds.ts';
import { isAlive, readLocalState } from './local-state.ts';
import { keepStartRecord, type StartRecord, startRecord } from './started.ts';

const POLL_MS = 50;
const READY_WITHIN_MS = 120_000; // an agent that fetches tools at its first start may take a minute
const PROBLEM_FOR_MS = 10_000; // one that a restart of the part does not mend by then needs the owner
const BROKEN_FOR_MS = 4_000; // the gateway puts the last good soul.yaml back in less, where there is one
const LOG_LINES = 8;

/**
 * @param build what is to run, see `builds.ts`
 * @throws CliError with the reason, what to do, and the last log lines of the part that fails
 */
export async function startLocal(
  context: Context,
  onPart: (part: LocalPart) => void,
  build: Build,
): Promise<LocalState> {
  const { data } = context;
  makeDataFolders(data);
  const record = startRecord(context);
  const { pid, ended } = spawnLocal(context, build);
  try {
    return await waitUntilReady(context, pid, onPart, ended);
  } finally {
    if (readLocalState(data)?.pid === pid) await keepRecord(context, pid, record);
  }
}

/** Moby runs by then: that a full disk does not take the record is no reason to say that he does not. */
async function keepRecord(context: Context, pid: number, record: StartRecord): Promise<void> {
  try {
    await keepStartRecord(context, pid, record);
  } catch (error) {
    const problem = diskProblem(error);
    if (problem === null) throw error;
    say(context.terminal, `${problem} Until then ./mobyclaw up does not see which settings have changed.`);
  }
}

function spawnLocal(
  { checkout, data, settings, terminal }: Context,
  build: Build,
): { pid: number; ended: () => string | null } {
  let log: number;
  try {
    log = openSync(join(data.logs, 'local.log'), 'a', 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(
      `${data.logs} is not writable (${code}). Give it to yourself: sudo chown -R "$USER" ${quoted(data.root)}`,
      {
        cause: error,
      },
    );
  }
  const all = {
    MOBYCLAW_DEFAULTS: defaultsOf(build, checkout),
    MOBYCLAW_CHECKOUT: checkout,
    ...terminal.env,
    ...withoutContainers(settings.environment),
  };
  // A build of an earlier version, to which an upgrade went back, reads its environment alone.
  const reads = existsSync(join(dirname(build.program), 'sandbox.js'));
  const child = spawn(nodeOf(build), [build.program], {
    cwd: data.root,
    env: { ...(reads ? { ...beforeItReads(all), [SECRETS_VARIABLE]: 'stdin' } : all), ...MALLOC_SETTINGS },
    detached: true,
    stdio: [reads ? 'pipe' : 'ignore', log, log],
  });
  child.stdin?.on('error', () => undefined).end(JSON.stringify(all)); // one that dies before says so by its end
  closeSync(log);
  let ended: string | null = null;
  child.on('error', (error) => {
    ended = `It could not be started: ${error.message}`;
  });
  child.on('exit', (code, signal) => {
    ended = signal ? `It was ended by ${signal}.` : `It ended with code ${code}.`;
  });
  child.unref();
  return { pid: child.pid ?? -1, ended: () => ended };
}

/** What Node itself and the system's library look at as soon as a process is there; no secret among it. */
function beforeItReads(all: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const names = [...LOCALE_NAMES, 'PATH', 'HOME'];
  return Object.fromEntries(
    Object.entries(all).filter(
      (pair): pair is [string, string] => pair[1] !== undefined && isNamed(pair[0], names),
    ),
  );
}

function withoutContainers(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !(isSettingName(name) && SETTINGS[name].containersOnly)),
  );
}

/**
 * Waits for a background process that is starting.
 * @param onPart told of each part whose state has changed
 * @param ended says how the process ended, or null while it runs
 */
export async function waitUntilReady(
  context: Context,
  pid: number,
  onPart: (part: LocalPart) => void,
  ended: () => string | null,
): Promise<LocalState> {
  const { clock, data } = context;
  const shown = new Map<string, string>();
  const giveUpAt = clock.now() + READY_WITHIN_MS;
  let troubledSince: number | null = null;
  for (;;) {
    const end = ended(); // before the state is read, so that its last word is in there
    const found = readLocalState(data);
    const state = found?.pid === pid ? found : null;
    for (const part of state?.parts ?? []) {
      const text = `${part.state} ${part.problem ?? ''}`;
      if (shown.get(part.name) !== text && part.state !== 'waiting') onPart(part);
      shown.set(part.name, text);
    }
    if (end !== null && found && found.pid !== pid && isAlive(found)) {
      // Another `up` was faster, and the data directory's lock let only one through.
      return waitUntilReady(context, found.pid, onPart, () => (isAlive(found) ? null : 'It has ended.'));
    }
    if (state?.state === 'failed' || end !== null) {
      throw await failure(context, state, state?.problem ?? `The background process is gone. ${end}`);
    }
    if (state?.state === 'ready' && (await isReady(state.port))) return state;
    const now = clock.now();
    troubledSince = state?.state === 'degraded' ? (troubledSince ?? now) : null;
    const patience = state?.parts.some((part) => part.state === 'broken') ? BROKEN_FOR_MS : PROBLEM_FOR_MS;
    if (troubledSince !== null && now - troubledSince > patience) {
      const rest = 'What can run keeps running and trying; ./mobyclaw down ends it.';
      throw await failure(context, state, `${state?.problem}\n${rest}`);
    }
    if (now > giveUpAt) {
      const waiting = state?.parts
        .filter((part) => part.state !== 'ready')
        .map((part) => `${part.name} is ${part.state}`);
      throw await failure(
        context,
        state,
        `Moby does not answer after ${READY_WITHIN_MS / 1000} s${waiting?.length ? `: ${waiting.join(', ')}` : ''}. He keeps trying; ./mobyclaw status shows how far he is.`,
      );
    }
    await pause(clock, POLL_MS);
  }
}

/** The problem, and what the part in question has logged since this start. */
async function failure(context: Context, state: LocalState | null, problem: string): Promise<CliError> {
  const failing = state?.parts.find((part) => part.problem !== undefined)?.name ?? 'local';
  const there = (await logParts(context.data)).includes(failing);
  const { entries } = there ? await lastEntries(context.data, [failing], LOG_LINES) : { entries: [] };
  const since = state === null ? 0 : Date.parse(state.startedAt);
  const lines = entries
    .filter(({ at }) => at === 0 || at >= since)
    .map((entry) => `    ${renderEntry(context.terminal, entry, context.settings.values.MOBYCLAW_TZ)}`);
  const log = lines.length > 0 ? [`  Last lines of the log of ${failing}:`, ...lines] : [];
  return new CliError([...(await soulProblem(context)), problem, ...log].join('\n'));
}

/** With a soul.yaml that cannot be read there is no agent, and that file is where the mending starts. */
async function soulProblem({ data }: Context): Promise<string[]> {
  const { checkSoul } = await import('../soul-check.ts');
  const check = await checkSoul(data.soul);
  return check.status === 'fail' ? [`soul.yaml ${check.detail}. ${check.remedy ?? ''}`] : [];
}

/** Whether `GET /readyz` answers 200: the gateway accepts and the agent can be reached. */
export function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(
      { host: '127.0.0.1', port, path: '/readyz', agent: false, timeout: 5_000 },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', () => resolve(false)); // not there yet is the normal case here
    asked.end();
  });
}
