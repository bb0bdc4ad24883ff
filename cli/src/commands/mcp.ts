/**
 * Moby for other assistants: prints the entry for an MCP client, with a token of its own. Without --setup nothing is
 * made. The token says what the client may: `read` looks, `admin` also asks Moby, schedules and sends.
 */
import { tokenViewSchema } from '@mobyclaw/protocol/token';
import { EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import { type Define, type JsonOption, withJson } from '../command.ts';
import type { Context } from '../context.ts';
import { clientEntry, MCP_CLIENTS } from '../mcp-clients.ts';
import { print, printJson, say, styled } from '../terminal.ts';

interface Options extends JsonOption {
  setup?: true;
  client?: string;
  scope: string;
  name: string;
}

export const command: Define = (target, context, exit) => {
  withJson(target)
    .argument('[setup]', 'the same as --setup')
    .option('--setup', 'make a token and print the entry for your MCP client')
    .option('--client <client>', `only that of one: ${MCP_CLIENTS.join(', ')}; its JSON alone goes to stdout`)
    .option('--scope <scope>', 'read: search and look; admin: also ask Moby, schedule and send', 'read')
    .option('--name <name>', 'name of the token, to find it again in ./mobyclaw token', 'mcp')
    .action(async (word: string | undefined, options: Options) => exit(await mcp(context, word, options)));
};

async function mcp(context: Context, word: string | undefined, options: Options): Promise<ExitCode> {
  if (word !== undefined && word !== 'setup') throw new UsageError(`mcp takes setup, not "${word}".`);
  const url = `http://127.0.0.1:${context.port}/mcp`;
  if (word === undefined && !options.setup) {
    if (options.json) printJson(context.terminal, { url });
    else {
      print(context.terminal, url);
      say(
        context.terminal,
        'Moby as an MCP server. ./mobyclaw mcp --setup prints the entry for your client.',
      );
    }
    return EXIT.ok;
  }
  return setUp(context, url, options);
}

async function setUp(
  context: Context,
  url: string,
  { client, scope, name, json: asJson }: Options,
): Promise<ExitCode> {
  const { terminal } = context;
  const clients = MCP_CLIENTS.filter((known) => client === undefined || known === client);
  if (clients.length === 0) {
    throw new UsageError(`--client takes one of ${MCP_CLIENTS.join(', ')}, not "${client}".`);
  }
  if (scope !== 'read' && scope !== 'admin') {
    throw new UsageError(`--scope takes read or admin, not "${scope}".`);
  }
  if (name.length < 1 || name.length > 64) throw new UsageError('--name takes 1 to 64 characters.');
  const made = await context.withGateway((gateway) =>
    gateway.json(tokenViewSchema, '/api/tokens', { method: 'POST', body: { name, scope } }),
  );
  const entries = clients.map((known) => clientEntry(known, url, made.token ?? ''));
  if (asJson) printJson(terminal, { url, token: made.id, scope, entries });
  else if (client !== undefined) for (const { json } of entries) printJson(terminal, json);
  else {
    for (const { title, file, json } of entries) {
      print(terminal, `${styled(terminal, 'stdout', 'bold', title)}: ${file}`);
      printJson(terminal, json);
      print(terminal, ' ');
    }
  }
  say(
    terminal,
    `The token in it is shown this once. Its scope is ${scope}; ./mobyclaw token revoke ${made.id} ends it.`,
  );
  return EXIT.ok;
}
