/** Puts all that Moby is into one file, also while he runs. See `backup/create.ts`. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { byteSize } from '../byte-size.ts';
import { EXIT, type ExitCode } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { print, printJson, say } from '../terminal.ts';

interface Options {
  env?: true;
  encrypt?: true;
  passphraseStdin?: true;
  json?: true;
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
    .option('--json', 'print JSON: the file, and what is not in it')
    .addHelpText('after', '\nExits 1 where something of yours could not be put in; what, is named.')
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
  const { files, bytes, leftOut } = await createBackup(context, {
    target,
    withEnv: options.env === true,
    passphrase,
  });
  const complete = !leftOut.some(({ lost }) => lost);
  if (options.json)
    printJson(terminal, { file: target, files, bytes, encrypted: encrypt, complete, leftOut });
  else print(terminal, target);
  const missing = options.env ? '' : ' .env with its keys is not in it (--env adds it).';
  say(terminal, `${files} files, ${byteSize(bytes)}, ${encrypt ? 'encrypted' : 'not encrypted'}.${missing}`);
  if (leftOut.length > 0) {
    const { leftOutLines } = await import('../backup/left-out.ts');
    const head = complete ? 'Without content, so not in it:' : `Not in it (${leftOut.length}):`;
    say(terminal, [head, ...leftOutLines(leftOut)].join('\n'));
  }
  return complete ? EXIT.ok : EXIT.failure;
}
