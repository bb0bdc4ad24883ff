/**
 * Starts the containers and waits until Moby answers: builds what has changed, creates what differs from
 * docker-compose.yml and its override, watches the services come up. Ends with Moby answering, or with the reason why he
 * does not and the last lines of the service that is to blame. What can run keeps running.
 */
import { mkdirSync } from 'node:fs';
import { pause } from '@mobyclaw/lib/clock';
import { statusSchema } from '@mobyclaw/protocol/status';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { requireRoom } from '../disk-error.ts';
import { checkoutCommit, checkoutStamp } from '../local/builds.ts';
import { isReady } from '../local/start.ts';
import { checkPort } from '../port-check.ts';
import { type ComposeState, keepComposeState } from '../running-stack.ts';
import { say, styled } from '../terminal.ts';
import { CURRENT_BASE, readBaseFile } from './base-file.ts';
import { prepareContainerUser } from './container-user.ts';
import type { ComposeOutcome, Docker } from './docker.ts';
import { imagesAreCurrent, keepImages, sourceStamp } from './images.ts';
import { keepComposeFile } from './kept-file.ts';
import { refuseOtherHome } from './other-home.ts';
import { writeOverride } from './override.ts';
import { prepareSecrets } from './part-secrets.ts';
import { ComposeProject } from './project.ts';
import { isUp, type Service } from './service.ts';
import { lastLogLines } from './service-logs.ts';

const POLL_MS = 500;
const TROUBLE_FOR_MS = 15_000; // a service that ends again and again for so long needs the owner
const OLD_TROUBLE_FOR_MS = 75_000; // a container from before may be one that is about to be replaced, after a drain of 35 s
const READY_WITHIN_MS = 120_000; // an agent that fetches tools at its first start may take a minute
const PROBLEM_FOR_MS = 10_000; // the gateway puts the last good soul.yaml back in less

export interface StartOptions {
  docker: Extract<Docker, { ready: true }>;
  /** `always`: though nothing has changed; `never`: the images are what they are. */
  build?: 'if-changed' | 'always' | 'never';
  /** What the images are of, where they are not of this checkout. */
  of?: { version: string; source: string | null; file?: string | undefined };
}

/** @throws CliError with the reason, what to do, and the last log lines of the service that fails */
export async function startCompose(
  context: Context,
  { docker, build = 'if-changed', of }: StartOptions,
): Promise<ComposeState> {
  const project = await prepareProject(context, docker, of?.file);
  await refuseOtherHome(context, project);
  await refuseTakenPort(context, project);
  if (build !== 'never') await buildImages(context, project, build === 'always');
  const { clock, data, settings } = context;
  const port = settings.values.MOBYCLAW_PORT;
  const state: ComposeState = {
    port,
    startedAt: new Date(clock.now()).toISOString(),
    built: of === undefined ? sourceStamp(context) : '',
    version: of?.version ?? checkoutStamp(context.checkout),
    source: of === undefined ? await checkoutCommit(context.checkout) : of.source,
    project: project.name,
  };
  await keepComposeState(data, state); // before the first container is there, so that `down` finds them all
  await watchUp(context, project, ['up', '--detach', '--no-build', '--remove-orphans']);
  await waitForMoby(context, project, port);
  if (of === undefined) await keepComposeFile(context);
  return state;
}

/** Docker would say so only at the very end, and in words of its own. */
async function refuseTakenPort({ data, settings }: Context, project: ComposeProject): Promise<void> {
  const gateway = (await project.services()).find(({ name }) => name === 'gateway');
  if (gateway !== undefined && isUp(gateway)) return; // ours, if it is the same; it makes way for another
  const { status, detail, remedy } = await checkPort(data, settings.values.MOBYCLAW_PORT);
  if (status === 'fail') throw new CliError(`Port ${detail}. ${remedy ?? ''}`);
}

/** Makes ready what the containers mount, their secrets and the override. */
export async function prepareProject(
  context: Context,
  docker: Extract<Docker, { ready: true }>,
  file?: string,
): Promise<ComposeProject> {
  const { data, settings, checkout, terminal } = context;
  const { MOBYCLAW_UID: uid, MOBYCLAW_GID: gid } = settings.values;
  mkdirSync(data.root, { recursive: true, mode: 0o700 });
  mkdirSync(data.run, { recursive: true, mode: 0o700 });
  await requireRoom(data.root);
  const user = await prepareContainerUser(data.root, docker.rootless, {
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  });
  const base = file === undefined ? CURRENT_BASE : await readBaseFile(file);
  const marks = await prepareSecrets(context);
  const { unsealed } = await writeOverride(data.root, checkout, terminal.env, {
    versions: docker,
    marks,
    base,
  });
  for (const path of unsealed)
    say(
      terminal,
      `Read-only for Moby's shell from now on: ${path}. If you do not know this repository, look into it before you run git there.`,
    );
  return new ComposeProject(context, user, file);
}

export async function buildImages(context: Context, project: ComposeProject, always: boolean): Promise<void> {
  const images = await project.images();
  if (!always && (await imagesAreCurrent(context, images))) return;
  const { terminal, clock } = context;
  say(terminal, 'Building the images (the first time takes some minutes)…');
  const began = clock.now();
  const progress = terminal.stderr.isTTY ? [] : ['--progress', 'plain'];
  const { code, stderr } = await project.run(
    [...progress, 'build'],
    terminal.stderr.isTTY ? { show: terminal.stderr } : {},
  );
  if (code !== 0) {
    throw new CliError(
      `${stderr.trimEnd()}\nThe images could not be built; the error is above. Check the network and the free disk space (docker system df), then run this again. Without Docker: ./mobyclaw up --local`,
    );
  }
  await keepImages(context, images);
  say(terminal, `Built in ${Math.round((clock.now() - began) / 1000)} s.`);
}

/**
 * Runs a command of Compose that starts services, shows how each comes up, and waits until all are healthy.
 * @throws CliError naming the service that does not come up, with its last lines
 */
export async function watchUp(
  context: Context,
  project: ComposeProject,
  args: readonly string[],
): Promise<void> {
  const { clock, terminal } = context;
  const stop = new AbortController();
  const old = new Set((await project.services()).map(({ id }) => id));
  const outcomes: ComposeOutcome[] = [];
  const upping = project.run(args, { signal: stop.signal }).then((outcome) => outcomes.push(outcome));
  const shown = new Map<string, string>();
  const troubledSince = new Map<string, number>();
  try {
    for (;;) {
      const [ended] = outcomes; // before the look, so that its last word is in there
      const services = await project.services();
      for (const service of services) {
        if (shown.get(service.name) !== service.state)
          say(terminal, progressLine(context, service, ended !== undefined));
        shown.set(service.name, service.state);
        const now = clock.now();
        if (isTrouble(service, ended !== undefined)) {
          troubledSince.set(service.id, troubledSince.get(service.id) ?? now);
        } else if (isUp(service)) troubledSince.delete(service.id);
        const since = troubledSince.get(service.id);
        const patience = ended === undefined && old.has(service.id) ? OLD_TROUBLE_FOR_MS : TROUBLE_FOR_MS;
        if (since !== undefined && now - since > patience)
          throw await failure(context, project, [service.name]);
      }
      if (ended !== undefined && ended.code !== 0) {
        const blamed = services.filter((service) => !isUp(service) && service.state !== 'created');
        throw await failure(
          context,
          project,
          blamed.map(({ name }) => name),
          ended.stderr,
        );
      }
      if (ended !== undefined && services.length > 0 && services.every(isUp)) return;
      await pause(clock, POLL_MS);
    }
  } finally {
    if (outcomes.length === 0) stop.abort();
    await upping;
  }
}

/** While Compose works, a container that has ended is one that it has stopped to start it anew. */
function isTrouble({ state }: Service, done: boolean): boolean {
  return ['restarting', 'dead', 'unhealthy'].includes(state) || (done && state === 'exited');
}

function progressLine({ terminal }: Context, service: Service, done: boolean): string {
  const mark = isUp(service)
    ? styled(terminal, 'stderr', 'green', '✓')
    : isTrouble(service, done)
      ? styled(terminal, 'stderr', 'red', '✗')
      : '·';
  return `  ${mark} ${service.name.padEnd(9)} ${service.state}`;
}

/** Containers that are healthy still have to answer: the gateway has to reach an agent whose soul.yaml is right. */
export async function waitForMoby(context: Context, project: ComposeProject, port: number): Promise<void> {
  const { clock } = context;
  const giveUpAt = clock.now() + READY_WITHIN_MS;
  let problemSince: number | null = null;
  for (;;) {
    if (await isReady(port)) return;
    const problem = await problemOf(context);
    problemSince = problem === null ? null : (problemSince ?? clock.now());
    const late = clock.now() > giveUpAt;
    if (late || (problemSince !== null && clock.now() - problemSince > PROBLEM_FOR_MS)) {
      const ill = (await project.services()).filter((service) => !isUp(service)).map(({ name }) => name);
      const why = problem ?? `Moby does not answer after ${READY_WITHIN_MS / 1000} s.`;
      throw await failure(
        context,
        project,
        ill.length > 0 ? ill : ['moby'],
        `${why}\nWhat can run keeps running and trying; ./mobyclaw down ends it.`,
      );
    }
    await pause(clock, POLL_MS);
  }
}

async function problemOf(context: Context): Promise<string | null> {
  try {
    const { soul, agent } = await context.gateway().json(statusSchema, '/api/status');
    return soul.problem ?? agent.detail ?? null;
  } catch (error) {
    if (error instanceof CliError) return null; // not so far yet
    throw error;
  }
}

async function failure(
  context: Context,
  project: ComposeProject,
  names: readonly string[],
  said = '',
): Promise<CliError> {
  const lines: string[] = [];
  for (const name of names) {
    const log = await lastLogLines(context, project, name);
    if (log.length > 0)
      lines.push(`  Last lines of the log of ${name}:`, ...log.map((line) => `    ${line}`));
  }
  const head = said.trim() || `${names.join(', ')} ${names.length === 1 ? 'does' : 'do'} not come up.`;
  return new CliError([head, ...lines, 'More: ./mobyclaw logs, ./mobyclaw doctor'].join('\n'));
}
