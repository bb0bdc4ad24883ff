/** The heartbeat: when Moby wakes by himself, what he found, and why he was silent; one beat by hand. */
import { pause } from '@mobyclaw/lib/clock';
import { dollars, tokenCount } from '@mobyclaw/lib/figures';
import {
  type BeatView,
  beatViewSchema,
  type HeartbeatView,
  heartbeatViewSchema,
} from '@mobyclaw/protocol/heartbeat';
import { EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { outcomeText } from '../heartbeat/beat-text.ts';
import { cell, columnsOf, print, printable, printJson, say, table } from '../terminal.ts';
import { ago, fromNow, localTime } from '../time.ts';

const LOOK_MS = 500; // between two looks at a beat that is under way
const CAME_TO_NOTHING: ReadonlySet<BeatView['outcome']> = new Set(['failed', 'refused', 'undelivered']);

interface Options {
  json?: true;
}

export const command: Define = (target, context, exit) => {
  target
    .command('status', { isDefault: true })
    .description('when it beats, and what the last beats came to')
    .option('-n, --limit <n>', 'how many beats', '5')
    .option('--json', 'print JSON')
    .action(async (options: Options & { limit: string }) => exit(await status(context, options)));
  target
    .command('now')
    .description('beat now, whether or not anything is new, and show what it found')
    .option('--json', 'print JSON')
    .action(async (options: Options) => exit(await beatNow(context, options)));
};

async function status(context: Context, { limit, json }: Options & { limit: string }): Promise<ExitCode> {
  const { terminal } = context;
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > 500) {
    throw new UsageError(`--limit takes a number from 1 to 500, not "${limit}".`);
  }
  const view = await context.withGateway((gateway) => look(gateway, Number(limit)));
  if (json) printJson(terminal, view);
  else {
    print(terminal, table(rhythm(context, view), columnsOf(terminal)));
    if (view.beats.length > 0) print(terminal, `\n${beatTable(context, view.beats)}`);
  }
  return EXIT.ok;
}

function rhythm({ clock, settings }: Context, view: HeartbeatView): string[][] {
  const zone = settings.values.MOBYCLAW_TZ;
  const { state, intervalMs, activeHours, nextAt, failures, model } = view;
  const every = intervalMs === undefined ? '' : `, every ${ago(intervalMs)}`;
  return [
    [
      'heartbeat',
      state === 'on' ? `on${every}, ${activeHours} in ${view.timeZone}` : 'off (MOBYCLAW_HEARTBEAT_INTERVAL)',
    ],
    ...(nextAt === undefined
      ? []
      : [['next', `${localTime(nextAt, zone)}, ${fromNow(nextAt, clock.now())}`]]),
    ...(model === undefined ? [] : [['model', `${model} (heartbeat in soul.yaml, or root)`]]),
    ...(failures > 0 ? [['failures', `${failures} in a row; it waits longer each time`]] : []),
  ];
}

function beatTable({ clock, settings }: Context, beats: readonly BeatView[]): string {
  const zone = settings.values.MOBYCLAW_TZ;
  const rows = beats.map((beat) => [
    localTime(beat.slot, zone),
    fromNow(beat.slot, clock.now()),
    whyText(beat),
    outcomeText(beat.outcome, beat.state),
    beat.usage?.model ?? '-',
    ...usageCells(beat),
    cell(beat.text ?? beat.detail ?? '', 100),
  ]);
  return table([['BEAT', '', 'WHY', 'OUTCOME', 'MODEL', 'TOKENS', 'COST', 'FOUND, OR WHY SILENT'], ...rows]);
}

/** Why there was a beat, and why it was to ask the model, where it was. */
function whyText({ trigger, why }: BeatView): string {
  if (trigger === 'manual') return 'by hand';
  return why === undefined ? 'on time' : `on time: ${cell(why, 60)}`;
}

function usageCells({ usage }: BeatView): string[] {
  if (!usage) return ['-', '-'];
  const { inputTokens, outputTokens, costUsd } = usage;
  return [tokenCount(inputTokens + outputTokens), costUsd === undefined ? 'unknown' : dollars(costUsd)];
}

async function beatNow(context: Context, { json }: Options): Promise<ExitCode> {
  const { terminal } = context;
  const beat = await context.withGateway(async (gateway) => {
    const begun = await gateway.json(beatViewSchema, '/api/heartbeat/run', { method: 'POST' });
    return settled(context, gateway, begun);
  });
  if (json) printJson(terminal, beat);
  else {
    if (beat.text !== undefined) print(terminal, printable(beat.text));
    const reason = beat.detail === undefined ? '' : `: ${cell(beat.detail, 200)}`;
    say(terminal, `${outcomeText(beat.outcome, beat.state)}${reason}`);
  }
  return CAME_TO_NOTHING.has(beat.outcome) ? EXIT.failure : EXIT.ok;
}

/** Waits until it is known what the beat found. Its delivery may take longer; that goes on by itself. */
async function settled({ clock }: Context, gateway: GatewayClient, begun: BeatView): Promise<BeatView> {
  let beat = begun;
  while (beat.state === 'asking') {
    await pause(clock, LOOK_MS);
    const { beats } = await look(gateway, 20);
    beat = beats.find(({ slot, trigger }) => slot === begun.slot && trigger === begun.trigger) ?? beat;
  }
  return beat;
}

function look(gateway: GatewayClient, beats: number): Promise<HeartbeatView> {
  return gateway.json(heartbeatViewSchema, `/api/heartbeat?limit=${beats}`);
}
