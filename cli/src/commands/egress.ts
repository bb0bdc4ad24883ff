/** What Moby may reach outside: the owner's egress.yaml, and what the door let through and what not. */
import { writtenRule } from '@mobyclaw/lib/egress-rules/edit-rules';
import { DEFAULT_RULES } from '@mobyclaw/lib/egress-rules/read-rules';
import { readAddress, testAddress } from '@mobyclaw/lib/egress-rules/test-address';
import type { EgressEdit, EgressMode, HostRule } from '@mobyclaw/protocol/egress-rules';
import {
  type EgressView,
  egressLogSchema,
  egressTestSchema,
  egressViewSchema,
} from '@mobyclaw/protocol/egress-view';
import { Argument } from 'commander';
import { CliError, EXIT, type ExitCode, NotRunningError, UsageError } from '../cli-error.ts';
import { type Define, type JsonOption, withJson } from '../command.ts';
import type { Context } from '../context.ts';
import { editEgressFile, readEgressFile } from '../egress/egress-file.ts';
import { logTable, modeText, rulesTable } from '../egress/egress-text.ts';
import { runningStack } from '../running-stack.ts';
import { columnsOf, print, printJson, say, table } from '../terminal.ts';

interface AllowOptions {
  port?: string[];
  method?: string[];
  path?: string[];
  private?: true;
}

interface LogOptions extends JsonOption {
  limit: string;
  refused?: true;
  host?: string;
}

const HOSTS = 'names such as example.com or example.com:8443; "*.example.com" for all below it';

export const command: Define = (target, context, exit) => {
  withJson(target.command('status', { isDefault: true }))
    .description('the mode, the rules, and what was refused last')
    .action(async (options: JsonOption) => exit(await status(context, options)));
  withJson(target.command('log'))
    .description('what was let through and what not, the newest first')
    .option('-n, --limit <n>', 'how many lines', '50')
    .option('--refused', 'only what was not let through')
    .option('--host <host>', 'only this host')
    .action(async (options: LogOptions) => exit(await log(context, options)));
  target
    .command('allow <host...>')
    .description(`let Moby reach hosts: ${HOSTS}`)
    .option('--port <port...>', 'these ports instead of 80 and 443')
    .option('--method <method...>', 'only these, such as GET; TLS is ended for it')
    .option('--path <path...>', 'only these, such as /repos/me/*; TLS is ended for it')
    .option('--private', 'it lies in a network of yours')
    .action(async (hosts: string[], options: AllowOptions) => exit(await allow(context, hosts, options)));
  const ofHosts = (what: 'deny' | 'forget', description: string, said: string): void => {
    target
      .command(`${what} <host...>`)
      .description(description)
      .action(async (hosts: string[]) => {
        const edits = hosts.map((host) => ({ do: what, host }));
        exit(await change(context, edits, said));
      });
  };
  ofHosts('deny', 'never let Moby reach them, in any mode', 'Denied.');
  ofHosts('forget', 'take their rules out, of allow and deny', 'No rule names it any more.');
  target
    .command('mode')
    .description('model: nothing but the model; ask: you are asked; open: any public host, written down')
    .addArgument(new Argument('<mode>').choices(['model', 'ask', 'open']))
    .action(async (mode: EgressMode) =>
      exit(await change(context, [{ do: 'mode', mode }], `Mode ${mode}: ${modeText(mode)}.`)),
    );
  target
    .command('packages')
    .description('let the public registries of packages be read')
    .addArgument(new Argument('<switch>').choices(['on', 'off']))
    .action(async (word: string) =>
      exit(await change(context, [{ do: 'packages', on: word === 'on' }], `Packages are ${word}.`)),
    );
  withJson(target.command('test <url>'))
    .description('what would become of a request; exits 0 where it would be let through unasked')
    .action(async (url: string, options: JsonOption) => exit(await test(context, url, options)));
};

async function status(context: Context, { json }: JsonOption): Promise<ExitCode> {
  const { terminal, settings, clock } = context;
  const view = await viewOf(context);
  if (json) {
    printJson(terminal, view);
    return EXIT.ok;
  }
  print(terminal, table(rulesTable(view), columnsOf(terminal)));
  if (view.refused.length > 0) {
    print(
      terminal,
      `\nNot let through lately:\n${logTable(view.refused, settings.values.MOBYCLAW_TZ, clock.now())}`,
    );
    say(terminal, '\n./mobyclaw egress allow HOST allows one; egress log has all.');
  }
  return EXIT.ok;
}

/** Of the gateway; of the file alone where Moby does not run. */
async function viewOf(context: Context): Promise<EgressView & { running: boolean }> {
  try {
    const view = await context.withGateway((gateway) => gateway.json(egressViewSchema, '/api/egress'));
    return { running: true, ...view };
  } catch (error) {
    if (!(error instanceof NotRunningError)) throw error;
  }
  const read = readEgressFile(context.data);
  const file = 'rules' in read ? read : { rules: DEFAULT_RULES, problem: read.problem };
  return { running: false, ...file, door: 'away', asked: [], refused: [] };
}

async function log(context: Context, options: LogOptions): Promise<ExitCode> {
  const { terminal, settings, clock } = context;
  if (!/^[1-9]\d{0,3}$/.test(options.limit)) {
    throw new UsageError(`--limit takes a number from 1 to 9999, not "${options.limit}".`);
  }
  const wanted = Number(options.limit);
  const rows = await context.withGateway(async (gateway) => {
    const found: EgressView['refused'] = [];
    let before: number | null = null;
    do {
      const query = new URLSearchParams({ limit: String(Math.min(200, wanted - found.length)) });
      if (before !== null) query.set('before', String(before));
      if (options.refused) query.set('refused', 'true');
      if (options.host !== undefined) query.set('host', options.host);
      const page = await gateway.json(egressLogSchema, `/api/egress/log?${query}`);
      found.push(...page.items);
      before = page.before;
    } while (before !== null && found.length < wanted);
    return found;
  });
  if (options.json) printJson(terminal, rows);
  else if (rows.length === 0) say(terminal, 'The door has let nothing through and refused nothing yet.');
  else print(terminal, logTable(rows, settings.values.MOBYCLAW_TZ, clock.now()));
  return EXIT.ok;
}

async function allow(context: Context, hosts: string[], options: AllowOptions): Promise<ExitCode> {
  const ports = options.port?.map(portOf);
  const rules = hosts.map((host): HostRule => {
    const [, name = host, port] = /^([^:/]+):(\d+)$/.exec(host) ?? [];
    const own = [...(ports ?? []), ...(port === undefined ? [] : [portOf(port)])];
    return {
      host: name,
      ...(own.length > 0 ? { ports: own } : {}),
      ...(options.method ? { methods: options.method } : {}),
      ...(options.path ? { paths: options.path } : {}),
      ...(options.private ? { private: true } : {}),
    };
  });
  const below = rules.filter(({ host }) => host.startsWith('*.'));
  const code = await change(
    context,
    rules.map((rule) => ({ do: 'allow', rule })),
    `Allowed: ${rules.map(writtenRule).join(', ')}.`,
  );
  for (const { host } of below)
    say(
      context.terminal,
      `Mind: whoever runs the names below ${host.slice(2)} can be told things by the name that is asked for alone.`,
    );
  return code;
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw new UsageError(`There is no port "${text}".`);
  return port;
}

async function change(context: Context, edits: readonly EgressEdit[], done: string): Promise<ExitCode> {
  const { data, terminal } = context;
  const isChanged = await editEgressFile(data, edits);
  const counts = runningStack(data) === null ? 'It counts from the next start on.' : 'It counts at once.';
  say(terminal, isChanged ? `${done} ${counts}` : `egress.yaml says so already. ${done}`);
  return EXIT.ok;
}

async function test(context: Context, url: string, { json }: JsonOption): Promise<ExitCode> {
  const { terminal } = context;
  const address = readAddress(url);
  if (address === null) {
    throw new CliError(
      `"${url}" names no host that could be let through; names are, addresses in no spelling.`,
    );
  }
  const result = await testBy(context, url, address);
  if (json) printJson(terminal, result);
  else print(terminal, `${result.host}:${result.port}: ${result.verdict}. ${result.reason}`);
  return result.verdict === 'allow' ? EXIT.ok : EXIT.failure;
}

async function testBy(context: Context, url: string, address: NonNullable<ReturnType<typeof readAddress>>) {
  try {
    const path = `/api/egress/test?${new URLSearchParams({ url })}`;
    return await context.withGateway((gateway) => gateway.json(egressTestSchema, path));
  } catch (error) {
    if (!(error instanceof NotRunningError)) throw error;
  }
  const read = readEgressFile(context.data);
  if ('problem' in read) {
    throw new CliError(`egress.yaml, line ${read.problem.line ?? 1}: ${read.problem.message}`);
  }
  return testAddress(read.rules, address);
}
