/** Puts all that Moby is into one file, also while he runs. See `backup/create.ts`. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { EXIT, type ExitCode } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { print, say } from '../terminal.ts';

interface Options {
  env?: true;
  encrypt?: true;
  passphraseStdin?: true;
}

export const command: Define = (target, context, exit) => {
  target
    .argument('[file]', 'where to; mobyclaw-<time>.tar.gz in your home unless given')
    .option('--env', 'also .env with its keys and tokens')
    .option(
      '--encrypt',
      'with a passphrase, which is asked for; without it nobody reads the file, you neither',
    )
    .option('--passphrase-stdin', 'the same, with the passphrase as the first line of standard input')
    .action(async (file: string | undefined, options: Options) => exit(await backup(context, file, options)));
};

async function backup(context: Context, file: string | undefined, options: Options): Promise<ExitCode> {
  const { createBackup } = await import('../backup/create.ts');
  const { readPassphrase } = await import('../backup/passphrase.ts');
  const { terminal, clock } = context;
  const encrypt = options.encrypt === true || options.passphraseStdin === true;
  const stamp = new Date(clock.now()).toISOString().replaceAll(/[-:]/g, '').slice(0, 15);
  const target = resolve(file ?? join(homedir(), `mobyclaw-${stamp}.tar.gz${encrypt ? '.enc' : ''}`));
  const passphrase = encrypt
    ? await readPassphrase(context, { fresh: true, fromStdin: options.passphraseStdin === true })
    : null;
  const { files, bytes } = await createBackup(context, { target, withEnv: options.env === true, passphrase });
  print(terminal, target);
  const missing = options.env ? '' : ' .env with its keys is not in it (--env adds it).';
  say(
    terminal,
    `${files} files, ${(bytes / 1e6).toFixed(1)} MB, ${encrypt ? 'encrypted' : 'not encrypted'}.${missing}`,
  );
  return EXIT.ok;
}
