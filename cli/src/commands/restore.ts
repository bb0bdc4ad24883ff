/** Brings a backup back. See `backup/restore.ts`. */
import { resolve } from 'node:path';
import { CliError, EXIT, type ExitCode } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { runningStack } from '../running-stack.ts';
import { say } from '../terminal.ts';
import { localTime } from '../time.ts';

interface Options {
  replace?: true;
  passphraseStdin?: true;
}

export const command: Define = (target, context, exit) => {
  target
    .argument('<file>', 'made by ./mobyclaw backup')
    .option('--replace', 'set aside what the data directory holds now')
    .option('--passphrase-stdin', 'the passphrase is the first line of standard input')
    .action(async (file: string, options: Options) => exit(await restore(context, file, options)));
};

async function restore(context: Context, file: string, options: Options): Promise<ExitCode> {
  const { restoreBackup } = await import('../backup/restore.ts');
  const { readPassphrase } = await import('../backup/passphrase.ts');
  const { terminal, data, settings } = context;
  if (runningStack(data) !== null) {
    throw new CliError('Moby runs on this data directory. Stop him first: ./mobyclaw down');
  }
  const { manifest, aside, env } = await restoreBackup(context, {
    source: resolve(file),
    replace: options.replace === true,
    passphrase: () => readPassphrase(context, { fresh: false, fromStdin: options.passphraseStdin === true }),
  });
  const taken = localTime(manifest.createdAt, settings.values.MOBYCLAW_TZ);
  say(terminal, `${data.root} is as it was on ${taken} (version ${manifest.version}).`);
  if (aside !== null) say(terminal, `What was there before is in ${aside}`);
  if (env !== null && 'written' in env) say(terminal, `${env.written} was brought back too.`);
  if (env !== null && 'beside' in env)
    say(terminal, `The settings of the backup are in ${env.beside}; your present ones stay in force.`);
  say(terminal, 'Start Moby with ./mobyclaw up');
  return EXIT.ok;
}
