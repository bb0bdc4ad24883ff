/**
 * Upgrade in containers: backup, build, start, and a look whether Moby answers. The images from before get a tag with
 * `-previous`; where the new ones cannot be built nothing has changed, and where they do not come up the old ones run again.
 */

import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { quoted } from '@mobyclaw/lib/shell-quote';
import { CliError, EXIT, type ExitCode } from '../cli-error.ts';
import { findDocker } from '../compose/docker.ts';
import { imageIds, imagesAreCurrent } from '../compose/images.ts';
import { buildImages, prepareProject, startCompose } from '../compose/start.ts';
import type { Context } from '../context.ts';
import { settleSettings } from '../init/settle.ts';
import { print, say } from '../terminal.ts';
import { safetyBackup } from './safety-backup.ts';

const run = promisify(execFile);

export async function upgradeContainers(context: Context, always: boolean): Promise<ExitCode> {
  const { terminal, version } = context;
  const docker = await findDocker(terminal.env);
  if (!docker.ready) throw new CliError(`${docker.problem}. ${docker.remedy}`);
  await settleSettings(context, docker); // a newer version may need secrets that .env has not yet
  const project = await prepareProject(context, docker);
  const images = await project.images();
  if (!always && (await imagesAreCurrent(context, images))) {
    print(terminal, `Moby is of this version already (${version}). Get a newer one first: git pull`);
    return EXIT.ok;
  }
  const before = await imageIds(context, images);
  const backup = await safetyBackup(context);
  for (const [image, id] of Object.entries(before ?? {})) await tag(context, id, `${image}-previous`);
  await buildImages(context, project, always);
  try {
    await startCompose(context, { docker, build: 'never' });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    say(terminal, error.message);
    if (before === null)
      throw new CliError('The new version does not come up, and there is none from before.', {
        cause: error,
      });
    say(terminal, 'The new version does not come up; going back to the one before…');
    await rollBack(context, docker, before, backup);
    throw new CliError(`The version from before runs again. Nothing is lost; the backup is ${backup}`, {
      cause: error,
    });
  }
  print(terminal, `Moby runs on version ${version}.`);
  return EXIT.ok;
}

async function rollBack(
  context: Context,
  docker: Parameters<typeof startCompose>[1]['docker'],
  before: Readonly<Record<string, string>>,
  backup: string,
): Promise<void> {
  for (const [image, id] of Object.entries(before)) await tag(context, id, image);
  await rm(join(context.data.run, 'images.json'), { force: true }); // they are not those of this checkout
  try {
    await startCompose(context, { docker, build: 'never' });
  } catch (error) {
    throw new CliError(
      `${(error as Error).message}\nThe version from before does not come up either, perhaps because the new one has changed the data. Bring that back: ./mobyclaw down && ./mobyclaw restore ${quoted(backup)} --replace`,
      { cause: error },
    );
  }
}

async function tag({ terminal }: Context, id: string, name: string): Promise<void> {
  await run('docker', ['tag', id, name], { env: terminal.env as NodeJS.ProcessEnv });
}
