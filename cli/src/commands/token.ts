/** Tokens for programs that use the HTTP API, whose secret is shown once, and the browsers that were let in by `open`. */
import { tokenRequestSchema, tokenViewSchema } from '@mobyclaw/protocol/token';
import { EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import { type Define, type JsonOption, withJson } from '../command.ts';
import type { Context } from '../context.ts';
import { columnsOf, print, printJson, say, table } from '../terminal.ts';
import { localTime } from '../time.ts';

export const command: Define = (target, context, exit) => {
  withJson(target.command('list', { isDefault: true }))
    .description('list them, and the browsers that are logged in (scope page), without their secrets')
    .action(async (options: JsonOption) => exit(await list(context, options)));
  withJson(target.command('create <name>'))
    .description('make one; its secret is printed once')
    .option('--scope <scope>', 'chat: ask, follow, stop; read: look; admin: all; hook:<name>', 'read')
    .action(async (name: string, options: JsonOption & { scope: string }) =>
      exit(await create(context, name, options)),
    );
  target
    .command('revoke <id>')
    .description('make one invalid at once, or log a browser out')
    .action(async (id: string) => exit(await revoke(context, id)));
};

async function list(context: Context, { json }: JsonOption): Promise<ExitCode> {
  const { terminal } = context;
  const tokens = await context.withGateway((gateway) => gateway.list(tokenViewSchema, '/api/tokens'));
  if (json) printJson(terminal, tokens);
  else {
    const zone = context.settings.values.MOBYCLAW_TZ;
    const rows = tokens.map(({ id, name, scope, createdAt, lastUsedAt, expiresAt }) => [
      id,
      name,
      expiresAt === undefined ? scope : 'page',
      localTime(createdAt, zone),
      lastUsedAt ? localTime(lastUsedAt, zone) : 'never',
    ]);
    print(terminal, table([['ID', 'NAME', 'SCOPE', 'CREATED', 'LAST USED'], ...rows], columnsOf(terminal)));
  }
  return EXIT.ok;
}

async function create(
  context: Context,
  name: string,
  { scope, json }: JsonOption & { scope: string },
): Promise<ExitCode> {
  const { terminal } = context;
  const request = tokenRequestSchema.safeParse({ name, scope });
  if (!request.success) {
    throw new UsageError(
      `A token has a name of 1 to 64 characters and the scope admin, chat, read, agent or hook:<name>, not "${name}" and "${scope}".`,
    );
  }
  const made = await context.withGateway((gateway) =>
    gateway.json(tokenViewSchema, '/api/tokens', { method: 'POST', body: request.data }),
  );
  if (json) printJson(terminal, made);
  else {
    print(terminal, made.token ?? '');
    say(
      terminal,
      `This is the only time it is shown. Scope ${made.scope}; revoke it with ./mobyclaw token revoke ${made.id}`,
    );
  }
  return EXIT.ok;
}

async function revoke(context: Context, id: string): Promise<ExitCode> {
  await context.withGateway((gateway) =>
    gateway.send(`/api/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' }),
  );
  say(context.terminal, `The token ${id} is no longer valid.`);
  return EXIT.ok;
}
