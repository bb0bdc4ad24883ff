/** Docker and the containers: whether they run, and whether they run with what the owner's files say now. */

import { CliError } from '../cli-error.ts';
import { findDocker } from '../compose/docker.ts';
import { imagesAreCurrent } from '../compose/images.ts';
import {
  type EngineVersions,
  OVERRIDE_FILE,
  overrideIsCurrent,
  unsealedRepositories,
  writeOverride,
} from '../compose/override.ts';
import { prepareSecrets, secretMarks } from '../compose/part-secrets.ts';
import { ComposeProject } from '../compose/project.ts';
import { isUp } from '../compose/service.ts';
import { SERVICES } from '../compose/service-name.ts';
import type { Context } from '../context.ts';
import { forgetComposeState } from '../running-stack.ts';
import { type Check, fail, fixable, ok, warn } from './check.ts';

/** For local mode: Docker is not needed there. */
export async function checkDocker({ terminal }: Context): Promise<Check> {
  const docker = await findDocker(terminal.env);
  return docker.ready
    ? ok('docker', `engine ${docker.engine}, Compose ${docker.compose}`)
    : ok('docker', `${docker.problem}; local mode does without`);
}

/** For a stack that was started in containers. */
export async function containerChecks(context: Context): Promise<Check[]> {
  const { terminal, data } = context;
  const docker = await findDocker(terminal.env);
  if (!docker.ready) return [fail('docker', docker.problem, docker.remedy)];
  const project = new ComposeProject(context);
  const services = await project.services();
  const engine = ok(
    'docker',
    `engine ${docker.engine}, Compose ${docker.compose}${docker.rootless ? ', rootless' : ''}`,
  );
  if (services.length === 0) {
    const gone = fail(
      'Moby',
      'was started in containers, but there are none any more',
      './mobyclaw up starts him.',
    );
    return [engine, fixable(gone, () => forgetComposeState(data))];
  }
  return [
    engine,
    ...SERVICES.map((name) => {
      const service = services.find((one) => one.name === name);
      if (service === undefined) return fail(name, 'there is no container of it', './mobyclaw up makes it.');
      if (isUp(service)) return ok(name, service.status);
      return fail(
        name,
        `${service.state}: ${service.status}`,
        `./mobyclaw up starts it; ./mobyclaw logs ${name} says more.`,
      );
    }),
    await checkImages(context, project),
    await checkOverride(context, docker),
  ];
}

async function checkImages(context: Context, project: ComposeProject): Promise<Check> {
  if (await imagesAreCurrent(context, await project.images())) return ok('images', 'of this checkout');
  return warn(
    'images',
    'of another version than this checkout',
    './mobyclaw upgrade changes over, with a way back.',
  );
}

async function checkOverride(context: Context, docker: EngineVersions): Promise<Check> {
  const { data, checkout, terminal } = context;
  try {
    const options = { versions: docker, marks: await secretMarks(context) };
    if (await overrideIsCurrent(data.root, checkout, terminal.env, options))
      return ok('override', 'as .env, credentials.env and workspaces.conf say');
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return fail('override', error.message, 'Mend that file, then run ./mobyclaw up');
  }
  const unsealed = await unsealedRepositories(data.root, checkout, terminal.env);
  const stale = warn(
    'override',
    unsealed.length > 0
      ? `repositories that his shell can write: ${unsealed.join(', ')}. Look into those that you do not know before you run git there`
      : `${OVERRIDE_FILE} is not what .env, credentials.env and workspaces.conf say now`,
    './mobyclaw up writes it anew and applies it.',
  );
  return fixable(stale, async () => {
    const marks = await prepareSecrets(context);
    await writeOverride(data.root, checkout, terminal.env, { versions: docker, marks });
  });
}
