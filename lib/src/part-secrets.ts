/**
 * How a part gets its secrets. MOBYCLAW_SECRETS names a folder with one file for each, as in containers, or says `stdin`:
 * then one JSON object of strings comes on standard input, as in local mode. So none stands in the environment that a process is started
 * with, which `docker inspect` shows, and `/proc/<pid>/environ` to every process of the same user, for as long as it lives.
 *
 * Where the variable is not set they come in the environment: of tests, and of stacks that an older version has started.
 * In each case they are in what `takeSecrets` returns and no longer in `process.env`, so that no child inherits one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROVIDER_SECRETS } from '@mobyclaw/protocol/model-providers';
import * as z from 'zod';
import { isStackSecret } from './environment-names.ts';
import { StartError } from './start-error.ts';

export const SECRETS_VARIABLE = 'MOBYCLAW_SECRETS';

/** In containers, where docker-compose.yml mounts the part's own folder and no other part's. */
export const SECRETS_FOLDER = '/run/secrets';

const STDIN = 0;

/** Names that begin with a dot are files that are just being written, or none of ours. */
const NAME = /^\w[\w.-]*$/;

const givenSchema = z.record(z.string(), z.string());

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * To be called once, before anything else reads the environment.
 * @param environment changed: secrets are taken out, and what came with them and is none (the address of a proxy) is put in
 * @returns all variables, secrets included; beside them files such as `secrets.json` by their names
 * @throws StartError saying what to do; never with a value
 */
export function takeSecrets(environment: NodeJS.ProcessEnv = process.env): Environment {
  const source = environment[SECRETS_VARIABLE] ?? '';
  delete environment[SECRETS_VARIABLE];
  const given = source === '' ? {} : source === 'stdin' ? readStdin() : readFolder(source);
  const all = { ...environment, ...given };
  for (const [name, value] of Object.entries(all)) {
    if (isPartSecret(name)) delete environment[name];
    else if (name in given && /^\w+$/.test(name)) environment[name] = value;
  }
  return all;
}

/** Whether the variable is one that no child of a part is to inherit. */
export function isPartSecret(name: string): boolean {
  return isStackSecret(name) || PROVIDER_SECRETS.includes(name);
}

/** What a file of the folder has to hold for the value: a newline ends it, as it does in a file that is written by hand. */
export function secretFileText(value: string): string {
  return `${value}\n`;
}

function readFolder(folder: string): Record<string, string> {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return Object.fromEntries(
      entries.flatMap((entry) => {
        if (!entry.isFile() || !NAME.test(entry.name)) return [];
        return [[entry.name, readFileSync(join(folder, entry.name), 'utf8').replace(/\r?\n$/, '')]];
      }),
    );
  } catch (error) {
    const { code, path = folder } = error as NodeJS.ErrnoException;
    throw new StartError(
      `the secrets in ${path} cannot be read (${code}): run ./mobyclaw up, which writes those of each part`,
      { cause: error },
    );
  }
}

function readStdin(): Record<string, string> {
  const why = `${SECRETS_VARIABLE}=stdin: whoever starts this has to write one JSON object of names and values to its standard input`;
  let text: string;
  try {
    text = readFileSync(STDIN, 'utf8');
  } catch (error) {
    throw new StartError(`${why} (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
  try {
    return givenSchema.parse(JSON.parse(text));
  } catch {
    throw new StartError(why); // without a cause, which would quote what is there
  }
}
