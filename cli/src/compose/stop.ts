/** Ends the containers: the gateway drains first, by the stack's own grace periods. Data and images stay. */
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { forgetComposeState, readComposeState } from '../running-stack.ts';
import { findDocker } from './docker.ts';
import { otherHome } from './other-home.ts';
import { ComposeProject } from './project.ts';

/**
 * @returns false where no container was there
 * @throws CliError where Docker does not answer though containers were started, or does not end them
 */
export async function stopCompose(context: Context): Promise<boolean> {
  const started = readComposeState(context.data) !== null;
  const docker = await findDocker(context.terminal.env);
  if (!docker.ready) {
    if (!started) return false;
    throw new CliError(`${docker.problem}, so the containers cannot be stopped. ${docker.remedy}`);
  }
  const project = new ComposeProject(context);
  const there = (await project.services()).length > 0 && (await otherHome(context, project)) === null;
  if (there) await project.must(['down', '--remove-orphans']);
  await forgetComposeState(context.data);
  return there;
}
