/** The running parts: the engine, the port, the background process or the containers, the gateway's own word. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath } from '@mobyclaw/lib/find-on-path';
import type { ChannelStatusView } from '@mobyclaw/protocol/channel';
import { type Status, statusSchema } from '@mobyclaw/protocol/status';
import { type Storage, storageSchema } from '@mobyclaw/protocol/storage';
import { byteSize } from '../byte-size.ts';
import { CliError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { embeddingsText } from '../embeddings-text.ts';
import { isAlive, readLocalState } from '../local/local-state.ts';
import { changesSince } from '../local/started.ts';
import { wallsText } from '../local/walls-text.ts';
import { checkPort } from '../port-check.ts';
import { runningStack } from '../running-stack.ts';
import { type Check, fail, ok, warn } from './check.ts';
import { checkDocker, containerChecks } from './container-checks.ts';

export async function stackChecks(context: Context): Promise<Check[]> {
  const { data, settings } = context;
  const running = runningStack(data);
  const port = await checkPort(data, settings.values.MOBYCLAW_PORT);
  if (running?.mode === 'compose') {
    return [port, ...(await containerChecks(context)), ...(await checkGateway(context))];
  }
  return [
    await checkDocker(context),
    ...(await checkShell(context)),
    await checkEngine(context),
    port,
    ...checkParts(context),
    ...(running ? await checkGateway(context) : []),
  ];
}

async function checkShell(context: Context): Promise<Check[]> {
  const state = readLocalState(context.data);
  const report = state !== null && isAlive(state) ? state.sandbox : undefined;
  const { closed, line, open, remedy } = await wallsText(context, report);
  return [
    closed ? ok('shell', line) : warn('shell', open, remedy),
    ...(report?.withheld ?? []).map((text) =>
      warn('shell', text, 'Or leave it so: the workspace tools have it.'),
    ),
  ];
}

async function checkEngine({ settings, terminal, checkout }: Context): Promise<Check> {
  const wanted = settings.values.MOBYCLAW_AGENT;
  const cagent =
    wanted === 'embedded' ? null : await findOnPath(['docker-agent', 'cagent'], terminal.env.PATH);
  if (cagent !== null) return ok('agent', `cagent: ${cagent}`);
  if (wanted === 'cagent') {
    return fail(
      'agent',
      'MOBYCLAW_AGENT is cagent, but neither docker-agent nor cagent is on the PATH',
      'Install it, or set MOBYCLAW_AGENT=embedded.',
    );
  }
  const bundle = join(checkout, 'dist', 'embedded-agent.js');
  if (existsSync(bundle)) return ok('agent', 'the embedded agent');
  return fail('agent', `${bundle} is missing`, 'Run the launcher ./mobyclaw, which builds it.');
}

function checkParts(context: Context): Check[] {
  const state = readLocalState(context.data);
  if (state === null || !isAlive(state)) {
    const died = state?.state === 'failed' ? `; the last start failed: ${state.problem}` : '';
    return [warn('Moby', `not running${died}`, './mobyclaw up starts him.')];
  }
  const changes = changesSince(context, state);
  return [
    changes.length === 0
      ? ok('Moby', `${state.state}, pid ${state.pid}`)
      : warn(
          'Moby',
          `${state.state}, but changed since his start: ${changes.join(', ')}`,
          './mobyclaw up restarts him with that.',
        ),
    ...state.parts.map((part) =>
      part.state === 'ready'
        ? ok(part.name, `ready, pid ${part.pid}${part.restarts > 0 ? `, ${part.restarts} restarts` : ''}`)
        : fail(
            part.name,
            `${part.state}${part.problem ? `: ${part.problem}` : ''}`,
            `./mobyclaw logs ${part.name} says more.`,
          ),
    ),
  ];
}

/** Nothing about one that connects or is tried again with no reason to tell; the reason says what to do. */
function channelCheck({ channel, state, reason }: ChannelStatusView): Check[] {
  if (state === 'up' && reason === undefined) return [ok(channel, 'up')];
  if (reason === undefined) return [];
  const check = state === 'stopped' ? fail : warn;
  return [check(channel, `${state}: ${reason}`, './mobyclaw channels shows all of them.')];
}

const TOLD = 3; // tables, months
const PLENTY_BYTES = 1e9; // copied by each backup

/** What grows, and by how much a month. */
function storageCheck({ bytes, tables, months }: Storage): Check {
  const largest = tables.slice(0, TOLD).map((table) => `${table.name} ${byteSize(table.bytes)}`);
  const lately = months
    .slice(0, TOLD)
    .map(({ month, messages, characters }) => `${month} ${messages} messages, ${byteSize(characters)}`);
  const detail = [`${byteSize(bytes)}: ${largest.join(', ')}`, ...lately].join('; ');
  if (bytes < PLENTY_BYTES) return ok('history', detail);
  return warn('history', detail, 'If you do not need all of it, set MOBYCLAW_KEEP, such as 2y.');
}

function embeddingsCheck(embeddings: Status['embeddings']): Check[] {
  if (embeddings === undefined) return [];
  const text = embeddingsText(embeddings);
  if (embeddings.failing === undefined) return [ok('meaning', text)];
  return [warn('meaning', text, 'Until then words alone are searched; nothing is lost.')];
}

async function checkGateway(context: Context): Promise<Check[]> {
  let status: Status;
  let storage: Storage;
  try {
    [status, storage] = await context.withGateway(async (gateway) => [
      await gateway.json(statusSchema, '/api/status'),
      await gateway.json(storageSchema, '/api/storage'),
    ]);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return [fail('API', error.message.split('\n', 1)[0] ?? '', './mobyclaw logs gateway says more.')];
  }
  const rejected = status.soul.problem;
  const problem = status.agent.detail;
  const owner = status.ownerChannel?.problem;
  return [
    problem === undefined
      ? ok('API', `${status.state} on http://127.0.0.1:${context.port}`)
      : fail('API', problem, 'Moby goes on as he was where he can; ./mobyclaw status shows how he is.'),
    storageCheck(storage),
    ...embeddingsCheck(status.embeddings),
    ...(rejected === undefined
      ? []
      : [fail('soul.yaml', rejected, `Mend ${context.data.soul}; until then Moby goes on as he was.`)]),
    ...(status.agent.toolProblems ?? []).map((tools) =>
      warn('tools', tools, 'Moby goes on without them; the server is an entry of `toolsets` in soul.yaml.'),
    ),
    ...(status.channels ?? []).flatMap(channelCheck),
    ...(owner === undefined
      ? []
      : [
          warn(
            'owner channel',
            owner,
            'Until then results go where they were asked for, or where you wrote last.',
          ),
        ]),
  ];
}
