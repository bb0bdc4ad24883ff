/**
 * Sets Moby up: looks at the machine first, asks, and writes at the end, so that leaving in the middle changes nothing.
 * Run again it shows what is set and asks what to change. Without a terminal, or with `--yes`, flags and environment
 * answer and the rest is left to its default.
 */
import { CliError } from '../cli-error.ts';
import { type ContainerUser, prepareContainerUser } from '../compose/container-user.ts';
import { type Docker, findDocker } from '../compose/docker.ts';
import type { Context } from '../context.ts';
import type { Check } from '../doctor/check.ts';
import { say, styled, type Terminal } from '../terminal.ts';
import { Ask } from './ask.ts';
import { CHANNEL_INFO, CHANNELS } from './channels.ts';
import { Draft, masked } from './draft.ts';
import { modelTopic } from './model-topic.ts';
import { checkMachine } from './prerequisites.ts';
import { PROVIDERS } from './providers.ts';
import { modelOf } from './soul-model.ts';
import {
  answerProblem,
  channelsTopic,
  credentialsTopic,
  ownerTopic,
  placeTopic,
  rhythmTopic,
  workspacesTopic,
} from './topics.ts';
import { fillFromFlags, type InitFlags } from './unattended.ts';
import { writeDraft } from './write.ts';

type Mode = 'compose' | 'local';

export interface InitOptions extends InitFlags {
  local?: true;
  /** `up` goes on by itself, so nothing has to be typed next. */
  fromUp?: true;
}

/** Whether there are people to ask. */
export function isAttended({ terminal: { stdin, stderr } }: Context, yes: boolean): boolean {
  return !yes && stdin.isTTY === true && stderr.isTTY === true;
}

/** @returns how Moby will run */
export async function init(context: Context, options: InitOptions): Promise<Mode> {
  const { terminal } = context;
  const draft = new Draft(context);
  const attended = isAttended(context, options.yes === true);
  // Said now, so that what is looked at is what will be used.
  if (!attended || options.port !== undefined) takePort(draft, options);
  const docker = await findDocker(terminal.env);
  const mode: Mode = docker.ready && !options.local ? 'compose' : 'local';
  const checks = await checkMachine(context, draft, docker);
  for (const check of checks) say(terminal, shown(terminal, check));
  if (attended) await interview(context, draft, { docker, mode, checks });
  else {
    const [failed] = checks.filter(({ status }) => status === 'fail');
    if (failed)
      throw new CliError(`${failed.name}: ${failed.detail}. ${failed.remedy ?? ''}\nNothing was written.`);
    if (!docker.ready && !options.local) say(terminal, 'Setting up for local mode.');
    await fillFromFlags(draft, options, terminal, mode);
  }
  const user = await containerUser(draft, docker);
  const done = await writeDraft(draft, user);
  // Once more: what root has written since belongs to the containers' user.
  await containerUser(draft, docker);
  context.forgetSettings();
  for (const line of done) say(terminal, `${styled(terminal, 'stderr', 'green', '✓')} ${line}`);
  if (!options.fromUp) say(terminal, closing(mode));
  return mode;
}

function takePort(draft: Draft, { port }: InitOptions): void {
  if (port === undefined) return;
  const problem = answerProblem('MOBYCLAW_PORT', port);
  if (problem !== null) throw new CliError(`--port ${port}: ${problem}`);
  draft.set('MOBYCLAW_PORT', port);
}

function shown(terminal: Terminal, { name, status, detail, remedy }: Check): string {
  const mark = {
    ok: styled(terminal, 'stderr', 'green', '✓'),
    warn: '·',
    fail: styled(terminal, 'stderr', 'red', '✗'),
  };
  return `  ${mark[status]} ${name.padEnd(6)} ${detail}${remedy === undefined ? '' : `\n           → ${remedy}`}`;
}

async function containerUser(draft: Draft, docker: Docker): Promise<ContainerUser | null> {
  if (!docker.ready) return null;
  const { MOBYCLAW_UID: uid, MOBYCLAW_GID: gid } = draft.now.values;
  return prepareContainerUser(draft.data.root, docker.rootless, {
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  });
}

interface Machine {
  docker: Docker;
  mode: Mode;
  checks: readonly Check[];
}

async function interview(context: Context, draft: Draft, { docker, mode, checks }: Machine): Promise<void> {
  const ask = new Ask(context.terminal);
  if (
    !docker.ready &&
    !(await ask.yes('Moby can run without Docker, in local mode. Go on like that?', true))
  ) {
    throw new CliError(`Nothing was changed. ${docker.remedy}`);
  }
  for (const check of checks.filter(({ status }) => status === 'fail')) await mend(ask, draft, check);
  const topics: [name: string, now: string, run: () => Promise<void>][] = [
    ['Data directory', draft.now.values.MOBYCLAW_HOME, () => placeTopic(ask, draft)],
    ['Model', modelNow(draft), () => modelTopic({ ask, draft, env: context.terminal.env, mode })],
    ['Channels', channelsNow(draft), () => channelsTopic(ask, draft)],
    ['Your name', '', () => ownerTopic(ask, draft)],
    ['Keys for his tools', draft.credentialNames.join(', ') || 'none', () => credentialsTopic(ask, draft)],
    ['Folders', '', () => workspacesTopic(ask, draft, context.terminal.env)],
    ['Heartbeat and time zone', rhythmNow(draft), () => rhythmTopic(ask, draft)],
  ];
  if (draft.first) {
    for (const [, , run] of topics) await run();
    return;
  }
  ask.heading('Moby has been set up before');
  for (const [name, now] of topics) if (now !== '') ask.note(`${name}: ${now}`);
  const chosen = await ask.chooseAny(
    'What do you want to change? (Space marks, Enter goes on)',
    topics.map(([name], value) => ({ value, name })),
  );
  for (const [index, [, , run]] of topics.entries()) if (chosen.includes(index)) await run();
}

async function mend(ask: Ask, draft: Draft, check: Check): Promise<void> {
  if (check.name === 'port') {
    const port = await ask.text('Another port for the API', '3001', (value) =>
      answerProblem('MOBYCLAW_PORT', value),
    );
    draft.set('MOBYCLAW_PORT', port);
    return;
  }
  if (await ask.yes(`${check.detail}. Go on all the same?`, false)) return;
  throw new CliError(`Nothing was changed. ${check.remedy ?? ''}`);
}

function modelNow(draft: Draft): string {
  const model = modelOf(draft.soul.text);
  const keys = Object.values(PROVIDERS).flatMap(({ keyName }) => {
    const key = draft.value(keyName);
    return key === undefined ? [] : [`${keyName} ${masked(key)}`];
  });
  const name = model ? `${model.provider}/${model.model}` : 'as soul.yaml says';
  return `${name}, ${keys.join(', ') || 'no key'}`;
}

function channelsNow(draft: Draft): string {
  const set = CHANNELS.filter((name) => CHANNEL_INFO[name].tokens.every((token) => draft.value(token.name)));
  return set.map((name) => CHANNEL_INFO[name].title).join(', ') || 'none';
}

function rhythmNow({ now: { environment } }: Draft): string {
  return `every ${environment.MOBYCLAW_HEARTBEAT_INTERVAL}, ${environment.MOBYCLAW_ACTIVE_HOURS}, ${environment.MOBYCLAW_TZ}`;
}

function closing(mode: Mode): string {
  return [
    '',
    'Next:',
    mode === 'compose'
      ? '  ./mobyclaw up           builds and starts Moby'
      : '  ./mobyclaw up --local   starts Moby, without Docker',
    '  ./mobyclaw chat         talk with him',
    '  ./mobyclaw init         change any of this later',
  ].join('\n');
}
