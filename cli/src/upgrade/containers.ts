/**
 * Upgrade in containers: the images of this checkout are built while the old ones run; those that run get a tag with
 * `-previous`, so that Docker does not remove them, and are what is gone back to.
 */
import { execFile } from 'node:child_process';
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CliError, EXIT, type ExitCode } from '../cli-error.ts';
import { type Docker, findDocker } from '../compose/docker.ts';
import { imageIds, imagesAreCurrent, runningImages } from '../compose/images.ts';
import { keptComposeFile } from '../compose/kept-file.ts';
import { ComposeProject } from '../compose/project.ts';
import { buildImages, prepareProject, startCompose } from '../compose/start.ts';
import type { Context } from '../context.ts';
import { settleSettings } from '../init/settle.ts';
import { buildName, checkoutStamp } from '../local/builds.ts';
import { readComposeState } from '../running-stack.ts';
import { print } from '../terminal.ts';
import { changeOver, type Stack } from './change-over.ts';

const run = promisify(execFile);

type ReadyDocker = Extract<Docker, { ready: true }>;

export async function upgradeContainers(context: Context, always: boolean): Promise<ExitCode> {
  const { terminal, checkout, data } = context;
  const docker = await findDocker(terminal.env);
  if (!docker.ready) throw new CliError(`${docker.problem}. ${docker.remedy}`);
  await settleSettings(context, docker); // a newer version may need secrets that .env has not yet
  const project = await prepareProject(context, docker);
  const names = await project.images();
  const running = await runningImages(context, project);
  const name = buildName(checkoutStamp(checkout));
  if (!always && (await imagesAreCurrent(context, names)) && (await areThese(context, running))) {
    print(terminal, `Moby is of this version already: ${name}. Get a newer one first: git pull`);
    return EXIT.ok;
  }
  for (const [image, id] of Object.entries(running)) await tag(context, id, `${image}-previous`);
  await buildImages(context, project, always);
  const state = readComposeState(data);
  const before = {
    version: state?.version ?? '',
    source: state?.source ?? null,
    images: running,
    ...(await composeFileBefore(context, state?.source ?? null)),
  };
  await changeOver(context, containerStack(context, docker), before);
  print(terminal, `Moby runs on version ${name}.`);
  return EXIT.ok;
}

export function containerStack(context: Context, docker: ReadyDocker): Stack {
  return {
    mode: 'compose',
    async stop() {
      await new ComposeProject(context).must(['stop']); // the gateway first, as it depends on the others
    },
    async startNew() {
      await startCompose(context, { docker });
    },
    async startBefore({ images = {}, version, source, file }) {
      if (Object.keys(images).length === 0)
        throw new CliError(`No images of ${buildName(version)} were running.`);
      for (const [image, id] of Object.entries(images)) await tag(context, id, image);
      await rm(join(context.data.run, 'images.json'), { force: true }); // they are not those of this checkout
      await startCompose(context, { docker, build: 'never', of: { version, source, file } });
    },
  };
}

/**
 * Keeps the docker-compose.yml of what runs, which the checkout holds no more: a copy of the last start, or, after a start
 * by a version that made none, the file of the commit before.
 */
async function composeFileBefore(
  { checkout, data, terminal }: Context,
  source: string | null,
): Promise<{ file?: string }> {
  const file = join(data.run, 'docker-compose.before.yml');
  try {
    await copyFile(keptComposeFile(data), file);
    return { file };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const commit = source ?? 'HEAD@{1}'; // where a pull has come from
  const env = terminal.env as NodeJS.ProcessEnv;
  const shown = await run('git', ['-C', checkout, 'show', `${commit}:docker-compose.yml`], { env }).catch(
    () => null, // no repository, or one without a past: the checkout's own has to do
  );
  if (shown === null) return {};
  await writeFile(file, shown.stdout, { mode: 0o600 });
  return { file };
}

/** Whether the containers run on what the tags mean now, which they do not after an upgrade that went back. */
async function areThese(context: Context, running: Readonly<Record<string, string>>): Promise<boolean> {
  const names = Object.keys(running);
  const ids = names.length === 0 ? {} : await imageIds(context, names);
  return ids !== null && names.every((name) => ids[name] === running[name]);
}

async function tag({ terminal }: Context, id: string, name: string): Promise<void> {
  await run('docker', ['tag', id, name], { env: terminal.env as NodeJS.ProcessEnv }).catch((error: Error) => {
    throw new CliError(`The image ${name} cannot be tagged: ${error.message}`, { cause: error });
  });
}
