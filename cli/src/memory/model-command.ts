/** `memory model`: a local model for search by meaning. Says what it will fetch, from where and under which licence, before it does. */
import { RUNTIME_FOLDER } from '@mobyclaw/protocol/local-model';
import type { Command } from 'commander';
import { byteSize } from '../byte-size.ts';
import { CliError, EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import { type JsonOption, withJson } from '../command.ts';
import type { Context } from '../context.ts';
import { columnsOf, print, printJson, say, type Terminal, table } from '../terminal.ts';
import { installedModels, installModel, removeModel, sizeOf } from './local-models.ts';
import { CATALOGUE, type CatalogueModel } from './model-catalogue.ts';
import { RUNTIME_TEXT } from './model-runtime.ts';

interface InstallOptions {
  yes?: true;
  from?: string;
}

export function defineModel(target: Command, context: Context, exit: (code: number) => void): void {
  const model = target
    .command('model')
    .description('a local model, for search by meaning without any server');
  withJson(model.command('list', { isDefault: true }).description('list the models')).action(
    async (options: JsonOption) => exit(list(context, options)),
  );
  model
    .command('install [name]')
    .description(`fetch and install one (${CATALOGUE[0]?.name ?? ''})`)
    .option('-y, --yes', 'do not ask')
    .option('--from <folder or url>', 'take its files from a folder, or from a mirror of the publisher')
    .action(async (name: string | undefined, options: InstallOptions) =>
      exit(await install(context, name, options)),
    );
  model
    .command('remove <name>')
    .description('remove one')
    .action(async (name: string) => exit(await remove(context, name)));
}

function list({ terminal, data }: Context, { json }: JsonOption): ExitCode {
  const installed = installedModels(data.root);
  const models = CATALOGUE.map(({ name, about, license, page, ...rest }) => {
    const at = installed.find((one) => one.name === name)?.installedAt ?? null;
    return {
      name,
      about,
      license,
      page,
      bytes: sizeOf({ name, about, license, page, ...rest }),
      installedAt: at,
    };
  });
  if (json) printJson(terminal, models);
  else {
    const rows = models.map(({ name, about, license, bytes, installedAt }) => [
      name,
      installedAt === null ? 'not installed' : 'installed',
      byteSize(bytes),
      license,
      about,
    ]);
    print(terminal, table(rows, columnsOf(terminal)));
  }
  return EXIT.ok;
}

async function install(
  context: Context,
  name: string | undefined,
  options: InstallOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  const model = named(name);
  const from = options.from ?? model.base;
  say(terminal, describe(model, from));
  if (!(await confirmed(terminal, options))) {
    say(terminal, 'Nothing was installed.');
    return EXIT.ok;
  }
  const shown = progressOn(terminal);
  await installModel(context, { model, from, say: (text) => say(terminal, text), progress: shown });
  say(terminal, `${model.name} is installed.`);
  const { MOBYCLAW_EMBEDDINGS_URL: server } = context.settings.values;
  say(
    terminal,
    server
      ? 'It is not used while MOBYCLAW_EMBEDDINGS_URL names a server.'
      : 'Moby takes it up within seconds, or at his next start, and reads in the background what he remembers; ./mobyclaw status shows how far he is.',
  );
  return EXIT.ok;
}

async function remove({ terminal, data }: Context, name: string): Promise<ExitCode> {
  if (!(await removeModel(data.root, name))) throw new CliError(`The model "${name}" is not installed.`);
  say(terminal, `${name} is removed.`);
  return EXIT.ok;
}

function named(name = CATALOGUE[0]?.name ?? ''): CatalogueModel {
  const model = CATALOGUE.find((one) => one.name === name);
  if (model !== undefined) return model;
  throw new UsageError(
    `There is no model "${name}"; there is ${CATALOGUE.map((one) => one.name).join(', ')}.`,
  );
}

function describe(model: CatalogueModel, from: string): string {
  const files = Object.entries(model.files).map(
    ([name, { bytes, sha256 }]) => `  ${name}  ${byteSize(bytes)}  sha256 ${sha256}`,
  );
  return [
    `${model.name}: ${model.about}. Licence ${model.license}, ${model.page}`,
    `From ${from}, ${byteSize(sizeOf(model))}:`,
    ...files,
    `It is run by ${RUNTIME_TEXT}, in models/${RUNTIME_FOLDER} of the data directory.`,
    'While it is used it takes some 200 MB of memory, and none two minutes later. Nothing that is remembered leaves this machine.',
  ].join('\n');
}

async function confirmed(terminal: Terminal, { yes }: InstallOptions): Promise<boolean> {
  if (yes) return true;
  if (!(terminal.stdin.isTTY && terminal.stderr.isTTY))
    throw new UsageError('Nothing was fetched. If that is what you want, say --yes.');
  const { Ask } = await import('../init/ask.ts');
  return new Ask(terminal).yes('Fetch and install it?', true);
}

/** On a terminal a line that is written over, elsewhere one for each quarter. */
function progressOn(terminal: Terminal): (bytes: number, of: number) => void {
  let last = -1;
  return (bytes, of) => {
    const step = terminal.stderr.isTTY ? 1 : 25;
    const percent = Math.floor((bytes / of) * 100);
    if (Math.floor(percent / step) === last) return;
    last = Math.floor(percent / step);
    const text = `${percent} % of ${byteSize(of)}`;
    if (terminal.stderr.isTTY) terminal.stderr.write(`\r${text}${percent === 100 ? '\n' : ''}`);
    else say(terminal, text);
  };
}
