/**
 * In containers the folder of secrets belongs to the user that the supervisor, the agent and his shell all run as. The supervisor
 * has read it when the agent starts; he and what he starts are kept from it by the kernel (docker/without-secrets.py).
 */
import { execFile } from 'node:child_process';
import type { Logger } from '@mobyclaw/lib/logger';
import { SECRETS_FOLDER } from '@mobyclaw/lib/part-secrets';
import type { ChildCommand } from './child-process.ts';

const PYTHON = '/usr/bin/python3';
const ISOLATED = '-I'; // no variable and no file of the working folder decides what it loads

export interface Closing {
  prepare(): Promise<void>;
  wrap(command: ChildCommand): ChildCommand;
}

/**
 * @param program docker/without-secrets.py
 * @returns undefined where the kernel cannot, which is logged with what is open then
 */
export async function closeSecrets(
  program: string,
  logger: Logger,
  folder = SECRETS_FOLDER,
): Promise<Closing | undefined> {
  const isPossible = await new Promise<boolean>((resolve) => {
    execFile(PYTHON, [ISOLATED, program, '--check'], (error) => resolve(error === null));
  });
  if (!isPossible) {
    logger.warn(
      'this kernel has no Landlock (Linux 5.19 or later), so the shell can read the tokens in /run/secrets; they open doors of the stack alone',
    );
    return undefined;
  }
  return {
    prepare: async () => undefined,
    wrap: (command) => ({
      ...command,
      command: PYTHON,
      args: [ISOLATED, program, folder, command.command, ...command.args],
      env: {},
      input: JSON.stringify(command.env),
    }),
  };
}
