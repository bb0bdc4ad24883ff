/**
 * Messaging: which channels are connected, who may talk to Moby, and a message of the owner's own to a chat. Names of
 * people are what strangers call themselves, so they are shown with their id and never as more than text.
 */
import {
  allowRequestSchema,
  approvedSchema,
  approveRequestSchema,
  type ChannelStatusView,
  type ChannelsView,
  channelsViewSchema,
  deliveredSchema,
  deliverRequestSchema,
  type PairingsView,
  pairingsViewSchema,
} from '@mobyclaw/protocol/channel';
import { sessionKeySchema } from '@mobyclaw/protocol/session-key';
import * as z from 'zod';
import { checked } from '../checked.ts';
import { EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { GatewayError } from '../gateway-error.ts';
import { cell, columnsOf, print, printJson, say, styled, table } from '../terminal.ts';
import { ago, fromNow, localTime } from '../time.ts';

interface Options {
  json?: true;
}

const MOST_REASON = 500; // letters: what to do stands at its end

export const command: Define = (target, context, exit) => {
  target
    .command('list', { isDefault: true })
    .description('how each is connected, and what could not be delivered')
    .option('--json', 'print JSON')
    .action(async (options: Options) => exit(await list(context, options)));
  target
    .command('login <channel>')
    .description('link Moby to your WhatsApp, by a code that you scan or type: whatsapp')
    .option('--anew', 'forget the login that is there')
    .action(async (channel: string, options: { anew?: true }) =>
      exit(await login(context, channel, options)),
    );
  target
    .command('pairings')
    .description('who waits to be let in, who is in, which groups are open')
    .option('--json', 'print JSON')
    .action(async (options: Options) => exit(await pairings(context, options)));
  target
    .command('approve <code>')
    .description('let somebody in who was given this code')
    .option(
      '--role <role>',
      'owner or guest; a guest unless given, and asked for where the platform has no owner yet',
    )
    .action(async (code: string, options: { role?: string }) => exit(await approve(context, code, options)));
  target
    .command('reject <code>')
    .description('turn somebody away who was given this code; Moby does not answer them for a week')
    .action(async (code: string) => exit(await reject(context, code)));
  target
    .command('revoke <who>')
    .description('shut somebody out and stop what they had asked: platform:user, such as telegram:12345')
    .action(async (who: string) => exit(await revoke(context, who)));
  target
    .command('allow <channel>')
    .description('let Moby answer in a group; pairings shows its key once he was spoken to there')
    .option('--no-mention', 'answer every message there, not only those that mention him or reply to him')
    .action(async (channel: string, options: { mention: boolean }) =>
      exit(await allow(context, channel, options)),
    );
  target
    .command('close <channel>')
    .description('let Moby answer in a group no more')
    .action(async (channel: string) => exit(await close(context, channel)));
  target
    .command('send <channel> <text...>')
    .description('send a message to a chat, as Moby; the text may be Markdown')
    .action(async (channel: string, text: string[]) => exit(await send(context, channel, text.join(' '))));
  target
    .command('resend <channel>')
    .description('send again what did not arrive there, or perhaps not')
    .action(async (channel: string) => exit(await resend(context, channel)));
};

async function list(context: Context, { json }: Options): Promise<ExitCode> {
  const { terminal } = context;
  const view = await context.withGateway((gateway) => gateway.json(channelsViewSchema, '/api/channels'));
  if (json) printJson(terminal, view);
  else if (view.items.length === 0) {
    say(
      terminal,
      'No channel is enabled. ./mobyclaw init asks for the token of one, or set it in .env, such as TELEGRAM_BOT_TOKEN.',
    );
  } else {
    const rows = view.items.map((item) => channelRow(context, item));
    print(
      terminal,
      table(
        [['CHANNEL', 'STATE', 'FOR', 'LAST SIGN OF LIFE', 'WAITING', 'REASON'], ...rows],
        columnsOf(terminal),
      ),
    );
  }
  if (!json && view.owner) print(terminal, `\n${ownerText(view.owner)}`);
  if (!json && view.trouble.length > 0) print(terminal, `\n${troubleText(context, view.trouble)}`);
  const isWell = view.owner?.problem === undefined && view.items.every(({ state }) => state === 'up');
  return isWell ? EXIT.ok : EXIT.failure;
}

/** Where word for the owner goes, as he has chosen, and what is wrong with it. */
function ownerText({ channel, problem }: NonNullable<ChannelsView['owner']>): string {
  if (problem === undefined) return `Results of schedules and heartbeats go to ${channel}.`;
  return `MOBYCLAW_OWNER_CHANNEL is ${channel}, but: ${cell(problem, 400)}`;
}

function channelRow({ terminal, clock }: Context, item: ChannelStatusView): string[] {
  const { channel, state, since, receivePathWorkedAt, waiting, reason, fatal, login } = item;
  const what = login
    ? `log in with ./mobyclaw channels login ${channel}`
    : fatal
      ? `${reason ?? ''} (not tried again until Moby is started anew)`
      : (reason ?? '');
  return [
    channel,
    styled(terminal, 'stdout', state === 'up' ? 'green' : 'red', state),
    ago(clock.now() - Date.parse(since)),
    receivePathWorkedAt ? fromNow(receivePathWorkedAt, clock.now()) : 'none yet',
    String(waiting),
    cell(what, MOST_REASON),
  ];
}

function troubleText(context: Context, trouble: ChannelsView['trouble']): string {
  const zone = context.settings.values.MOBYCLAW_TZ;
  const rows = trouble.map(({ channel, state, error, createdAt }) => [
    localTime(createdAt, zone),
    channel,
    state === 'failed' ? 'not delivered' : 'perhaps not delivered',
    cell(error ?? '', 200),
  ]);
  const hint = `It is sent again only if you say so: ./mobyclaw channels resend ${trouble[0]?.channel}`;
  return `${table([['AT', 'CHAT', 'MESSAGE', 'ERROR'], ...rows])}\n${hint}`;
}

async function login(context: Context, channel: string, options: { anew?: true }): Promise<ExitCode> {
  if (channel !== 'whatsapp') {
    throw new UsageError(
      `${channel} needs no login; its token in .env is all. WhatsApp does: channels login whatsapp`,
    );
  }
  const { whatsAppLogin } = await import('../channels/whatsapp-login.ts');
  return whatsAppLogin(context, options.anew === true);
}

async function pairings(context: Context, { json }: Options): Promise<ExitCode> {
  const { terminal } = context;
  const view = await context.withGateway((gateway) => gateway.json(pairingsViewSchema, '/api/pairings'));
  if (json) printJson(terminal, view);
  else {
    const sections = pairingSections(context, view);
    if (sections.length > 0) print(terminal, sections.join('\n\n'));
    else
      say(terminal, 'Nobody waits and nobody is in. Write to Moby in a messenger: he answers with a code.');
  }
  return EXIT.ok;
}

function pairingSections(
  { settings, clock }: Context,
  { pending, people, groups, closedGroups }: PairingsView,
): string[] {
  const zone = settings.values.MOBYCLAW_TZ;
  const waiting = pending.map(({ code, platform, user, name, expiresAt }) => [
    code,
    `${platform}:${user}`,
    cell(name),
    `ends ${fromNow(expiresAt, clock.now())}`,
  ]);
  const inside = people.map(({ platform, user, name, role, channel, lastSeenAt }) => [
    `${platform}:${user}`,
    cell(name),
    role,
    channel,
    localTime(lastSeenAt, zone),
  ]);
  const open = groups.map(({ channel, mention }) => [
    channel,
    mention ? 'mentions and replies' : 'everything',
  ]);
  const closed = closedGroups.map(({ channel, title, askedAt }) => [
    channel,
    cell(title),
    localTime(askedAt, zone),
    `./mobyclaw channels allow ${channel}`,
  ]);
  return [
    { title: ['CODE', 'WHO', 'NAME', 'CODE ENDS'], rows: waiting },
    { title: ['WHO', 'NAME', 'ROLE', 'CHAT', 'LAST SEEN'], rows: inside },
    { title: ['GROUP', 'ANSWERS'], rows: open },
    { title: ['CLOSED GROUP', 'NAME', 'SPOKEN TO', 'OPEN IT WITH'], rows: closed },
  ].flatMap(({ title, rows }) => (rows.length === 0 ? [] : [table([title, ...rows])]));
}

async function approve(context: Context, code: string, options: { role?: string }): Promise<ExitCode> {
  const request = approveRequestSchema.safeParse(options);
  if (!request.success) throw new UsageError(`--role takes owner or guest, not "${options.role}".`);
  const approved = await context.withGateway(async (gateway) => {
    const path = `/api/pairings/${encodeURIComponent(code)}/approve`;
    const send = (body: z.infer<typeof approveRequestSchema>) =>
      gateway.json(approvedSchema, path, { method: 'POST', body });
    try {
      return await send(request.data);
    } catch (error) {
      if (!isRoleNeeded(error) || !context.terminal.stdin.isTTY) throw error;
      return send({ role: await askRole(context) });
    }
  });
  const { name, platform, user, role } = approved;
  say(context.terminal, `${cell(name)} (${platform}:${user}) may talk to Moby now, as ${role}.`);
  return EXIT.ok;
}

function isRoleNeeded(error: unknown): boolean {
  return error instanceof GatewayError && error.problem?.type === '/problems/role-needed';
}

async function askRole({ terminal }: Context): Promise<'owner' | 'guest'> {
  const { select } = await import('@inquirer/prompts');
  return select<'owner' | 'guest'>(
    {
      message: 'This platform has no owner yet. What shall they be?',
      choices: [
        { value: 'owner', name: 'an owner: it is you, or somebody who may command Moby' },
        { value: 'guest', name: 'a guest: they talk with him' },
      ],
    },
    { input: terminal.stdin as NodeJS.ReadableStream, output: terminal.stderr as NodeJS.WritableStream },
  );
}

async function reject(context: Context, code: string): Promise<ExitCode> {
  await context.withGateway((gateway) =>
    gateway.send(`/api/pairings/${encodeURIComponent(code)}/reject`, { method: 'POST' }),
  );
  say(context.terminal, `Whoever has the code ${code} hears nothing from Moby for a week.`);
  return EXIT.ok;
}

async function revoke(context: Context, who: string): Promise<ExitCode> {
  await context.withGateway((gateway) =>
    gateway.send(`/api/pairings/${encodeURIComponent(who)}/revoke`, { method: 'POST' }),
  );
  say(context.terminal, `${who} may not talk to Moby.`);
  return EXIT.ok;
}

async function allow(context: Context, name: string, options: { mention: boolean }): Promise<ExitCode> {
  const channel = channelKey(name);
  await context.withGateway((gateway) =>
    gateway.send(`/api/channels/${encodeURIComponent(channel)}/allow`, {
      method: 'POST',
      body: allowRequestSchema.parse(options),
    }),
  );
  const when = options.mention ? 'when he is mentioned or replied to' : 'to every message';
  say(context.terminal, `Moby answers in ${channel}, ${when}.`);
  return EXIT.ok;
}

async function close(context: Context, name: string): Promise<ExitCode> {
  const channel = channelKey(name);
  await context.withGateway((gateway) =>
    gateway.send(`/api/channels/${encodeURIComponent(channel)}/close`, { method: 'POST' }),
  );
  say(context.terminal, `Moby does not answer in ${channel} any more.`);
  return EXIT.ok;
}

async function send(context: Context, name: string, text: string): Promise<ExitCode> {
  const body = checked(deliverRequestSchema, { channel: channelKey(name), text }, () => '');
  const { delivery } = await context.withGateway((gateway) =>
    gateway.json(deliveredSchema, '/api/deliver', { method: 'POST', body }),
  );
  say(context.terminal, `On its way to ${name}, as delivery ${delivery}.`);
  return EXIT.ok;
}

async function resend(context: Context, name: string): Promise<ExitCode> {
  const channel = channelKey(name);
  const { deliveries } = await context.withGateway((gateway) =>
    gateway.json(z.object({ deliveries: z.int() }), `/api/channels/${encodeURIComponent(channel)}/resend`, {
      method: 'POST',
    }),
  );
  const what = deliveries === 1 ? '1 message is' : `${deliveries} messages are`;
  say(context.terminal, deliveries === 0 ? `Nothing is in doubt in ${channel}.` : `${what} sent again.`);
  return EXIT.ok;
}

/** @throws UsageError where it is none, before it becomes part of a path */
function channelKey(name: string): string {
  const result = sessionKeySchema.safeParse(name);
  if (result.success) return result.data;
  throw new UsageError(
    `"${name}" is no chat. Write its key, such as telegram:group:-100123; ./mobyclaw channels pairings shows those that are known.`,
  );
}
