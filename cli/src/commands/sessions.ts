/** The conversations that Moby has. */
import { type SessionView, sessionViewSchema } from '@mobyclaw/protocol/session';
import { CliError, EXIT, type ExitCode } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { contextText, percent } from '../context-text.ts';
import { sessionKey } from '../session-name.ts';
import { columnsOf, print, printJson, say, table } from '../terminal.ts';
import { localTime } from '../time.ts';

const PAGE = 500;

interface Options {
  json?: true;
}

export const command: Define = (target, context, exit) => {
  target
    .command('list', { isDefault: true })
    .description('list them, the one used last first')
    .option('--json', 'print JSON')
    .action(async (options: Options) => exit(await list(context, options)));
  target
    .command('show <session>')
    .description('show one')
    .option('--json', 'print JSON')
    .action(async (session: string, options: Options) => exit(await show(context, session, options)));
  target
    .command('reset <session>')
    .description('begin it anew; what was said stays in the history')
    .action(async (session: string) =>
      exit(await act(context, session, 'reset', 'begins anew with the next message')),
    );
  target
    .command('stop <session>')
    .description('stop what runs in it')
    .action(async (session: string) => exit(await act(context, session, 'stop', 'has been stopped')));
};

async function all(context: Context): Promise<SessionView[]> {
  const sessions = await context.withGateway(async (gateway) => {
    const found = new Map<string, SessionView>();
    for (let before = -1; found.size > before && found.size % PAGE === 0; ) {
      before = found.size;
      const path = `/api/sessions?limit=${PAGE}&offset=${before}`;
      for (const one of await gateway.list(sessionViewSchema, path)) found.set(one.key, one);
    }
    return [...found.values()];
  });
  return sessions.toSorted((a, b) => b.lastActiveAt.localeCompare(a.lastActiveAt));
}

async function list(context: Context, { json }: Options): Promise<ExitCode> {
  const { terminal } = context;
  const sessions = await all(context);
  if (json) printJson(terminal, sessions);
  else if (sessions.length === 0)
    say(terminal, 'There is no conversation yet. Begin one with ./mobyclaw chat');
  else {
    const zone = context.settings.values.MOBYCLAW_TZ;
    const rows = sessions.map((one) => [
      one.key,
      state(one),
      String(one.messages),
      one.context ? percent(one.context.share) : '',
      localTime(one.lastActiveAt, zone),
    ]);
    print(
      terminal,
      table([['SESSION', 'STATE', 'MESSAGES', 'FULL', 'LAST ACTIVE'], ...rows], columnsOf(terminal)),
    );
  }
  return EXIT.ok;
}

async function show(context: Context, name: string, { json }: Options): Promise<ExitCode> {
  const { terminal } = context;
  const key = sessionKey(name);
  const session = (await all(context)).find((one) => one.key === key);
  if (!session)
    throw new CliError(`There is no session ${key}. ./mobyclaw sessions list shows those there are.`);
  if (json) {
    printJson(terminal, session);
    return EXIT.ok;
  }
  const zone = context.settings.values.MOBYCLAW_TZ;
  print(
    terminal,
    table([
      ['session', session.key],
      ['state', state(session)],
      ['queue mode', session.queueMode],
      ...(session.model ? [['chosen model', session.model]] : []),
      ['messages', String(session.messages)],
      ...(session.context ? [['model', contextText(session.context)]] : []),
      ['began', localTime(session.createdAt, zone)],
      ['last active', localTime(session.lastActiveAt, zone)],
    ]),
  );
  return EXIT.ok;
}

async function act(
  context: Context,
  name: string,
  action: 'reset' | 'stop',
  said: string,
): Promise<ExitCode> {
  const key = sessionKey(name);
  await context.withGateway((gateway) =>
    gateway.send(`/api/sessions/${encodeURIComponent(key)}/${action}`, { method: 'POST' }),
  );
  say(context.terminal, `${key} ${said}.`);
  return EXIT.ok;
}

function state({ state: name, queued }: SessionView): string {
  return queued > 0 ? `${name}, ${queued} waiting` : name;
}
