/** Webhooks: addresses at which other programs start a turn. A hook's secret is shown once, when it is made. */
import {
  type HookDetail,
  hookDetailSchema,
  hookRequestSchema,
  hookViewSchema,
} from '@mobyclaw/protocol/hook';
import * as z from 'zod';
import { checked } from '../checked.ts';
import { EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import { type Define, type JsonOption, withJson } from '../command.ts';
import type { Context } from '../context.ts';
import { cell, columnsOf, print, printJson, say, table } from '../terminal.ts';
import { localTime } from '../time.ts';

interface AddOptions extends JsonOption {
  proof: string;
  template?: string;
  channel?: string;
  events?: string;
  session?: string;
  trusted?: boolean;
}

export const command: Define = (target, context, exit) => {
  withJson(target.command('list', { isDefault: true }))
    .description('list them, without their secrets')
    .action(async (options: JsonOption) => exit(await list(context, options)));
  withJson(target.command('add <name>'))
    .description('make one; its secret is printed once')
    .option(
      '--proof <proof>',
      'how a sender proves itself: github, standard (Standard Webhooks) or bearer',
      'bearer',
    )
    .option(
      '--template <text>',
      'what Moby is asked; {{field.of.payload}} stands for one value, {{event}} for GitHub’s',
    )
    .option(
      '--channel <key>',
      'where the answer goes, such as telegram:dm:42; unless given, as for schedules',
    )
    .option(
      '--events <list>',
      'events of GitHub that start a turn, such as push,pull_request; all unless given',
    )
    .option('--session <which>', 'fresh: each delivery begins anew (default); keep: it knows those before')
    .option(
      '--trusted',
      'give its turns your own reach: shell, files, memory, all chats; only for senders whose every word you trust',
    )
    .action(async (name: string, options: AddOptions) => exit(await add(context, name, options)));
  withJson(target.command('show <name>'))
    .description('show one, with its last deliveries')
    .action(async (name: string, options: JsonOption) => exit(await show(context, name, options)));
  withJson(target.command('remove <name>'))
    .description('close one at once')
    .action(async (name: string, options: JsonOption) => exit(await remove(context, name, options)));
  withJson(target.command('test <name>'))
    .description('run one with a payload of your own')
    .option('--payload <json>', 'the payload', '{"test":true}')
    .action(async (name: string, options: JsonOption & { payload: string }) =>
      exit(await test(context, name, options)),
    );
};

async function list(context: Context, { json }: JsonOption): Promise<ExitCode> {
  const { terminal } = context;
  const hooks = await context.withGateway((gateway) => gateway.list(hookViewSchema, '/api/hooks'));
  const zone = context.settings.values.MOBYCLAW_TZ;
  if (json) printJson(terminal, hooks);
  else if (hooks.length === 0)
    say(terminal, 'There is no webhook yet. Make one with ./mobyclaw hooks add <name>');
  else {
    const rows = hooks.map(({ path, proof, trusted, channel, target, receivedAt }) => [
      path,
      proof,
      trusted ? 'yours' : 'its answer',
      channel ?? target ?? '-',
      receivedAt ? localTime(receivedAt, zone) : 'never',
    ]);
    print(
      terminal,
      table([['PATH', 'PROOF', 'REACH', 'ANSWER TO', 'LAST RECEIVED'], ...rows], columnsOf(terminal)),
    );
  }
  return EXIT.ok;
}

async function show(context: Context, name: string, { json }: JsonOption): Promise<ExitCode> {
  const { terminal } = context;
  const hook = await context.withGateway((gateway) =>
    gateway.json(hookDetailSchema, `/api/hooks/${encodeURIComponent(name)}`),
  );
  if (json) {
    printJson(terminal, hook);
    return EXIT.ok;
  }
  print(terminal, table(hookRows(hook), columnsOf(terminal)));
  if (hook.deliveries.length === 0) say(terminal, 'Nothing has begun a turn through it yet.');
  else {
    const zone = context.settings.values.MOBYCLAW_TZ;
    const rows = hook.deliveries.map(({ receivedAt, event, turn, state }) => [
      localTime(receivedAt, zone),
      event ?? '-',
      state ?? '-',
      turn,
    ]);
    print(terminal, `\n${table([['RECEIVED', 'EVENT', 'STATE', 'TURN'], ...rows])}`);
  }
  return EXIT.ok;
}

function hookRows({
  path,
  proof,
  template,
  channel,
  target,
  events,
  session,
  trusted,
}: HookDetail): string[][] {
  return [
    ['path', path],
    ['proof', proof],
    ['template', cell(template, 200)],
    ['answer to', channel ?? `${target ?? '-'} (where schedules go)`],
    ['events', events?.join(', ') ?? 'all'],
    ['conversation', session ?? 'keep'],
    ['reach', trusted ? 'yours: shell, files, memory, all chats (--trusted)' : 'its answer alone'],
  ];
}

async function add(
  context: Context,
  name: string,
  { json, events, ...options }: AddOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  const named = events === undefined ? {} : { events: events.split(',').map((event) => event.trim()) };
  const body = checked(hookRequestSchema, { name, ...options, ...named }, optionOf);
  const made = await context.withGateway((gateway) =>
    gateway.json(hookViewSchema, '/api/hooks', { method: 'POST', body }),
  );
  if (json) printJson(terminal, made);
  else {
    print(terminal, made.secret ?? '');
    say(
      terminal,
      `This is the only time it is shown. Senders post to ${made.path} on the gateway’s address.`,
    );
  }
  return EXIT.ok;
}

/** Options are named as the fields are. */
function optionOf(field: string): string {
  return field === 'name' ? 'The name' : `--${field}`;
}

async function remove(context: Context, name: string, { json }: JsonOption): Promise<ExitCode> {
  const path = `/api/hooks/${encodeURIComponent(name)}`;
  const removed = await context.withGateway(async (gateway) => {
    const hook = await gateway.json(hookViewSchema, path);
    await gateway.send(path, { method: 'DELETE' });
    return hook;
  });
  if (json) printJson(context.terminal, removed);
  else say(context.terminal, `The webhook ${removed.name} is closed.`);
  return EXIT.ok;
}

async function test(
  context: Context,
  name: string,
  { json, ...options }: JsonOption & { payload: string },
): Promise<ExitCode> {
  let payload: unknown;
  try {
    payload = JSON.parse(options.payload);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`--payload takes JSON, such as '{"test":true}': ${error.message}`);
  }
  const begun = await context.withGateway((gateway) =>
    gateway.json(z.object({ turn: z.string() }), `/api/hooks/${encodeURIComponent(name)}/test`, {
      method: 'POST',
      body: { payload },
    }),
  );
  if (json) printJson(context.terminal, begun);
  else {
    const answer = `./mobyclaw history webhook:${name} shows the answer`;
    say(context.terminal, `Turn ${begun.turn} has begun; ${answer}.`);
  }
  return EXIT.ok;
}
