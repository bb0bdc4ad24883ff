/**
 * Measures the cells and makes the table. A figure stands in it only where this run has measured it: what has no meaning on
 * a platform is "–", and what could not be measured says so.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../soak/random.ts';
import { type Bystanders, Conversation, type Count } from './conversation.ts';
import { openDiscord } from './platforms/discord.ts';
import type { FaultyPlatform } from './platforms/platform.ts';
import { openSlack } from './platforms/slack.ts';
import { openTelegram } from './platforms/telegram.ts';
import { openWhatsApp } from './platforms/whatsapp.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

export const OPENERS = {
  telegram: openTelegram,
  discord: openDiscord,
  slack: openSlack,
  whatsapp: openWhatsApp,
} as const;
export type MeasuredPlatform = keyof typeof OPENERS;

const TITLES = { telegram: 'Telegram', discord: 'Discord', slack: 'Slack', whatsapp: 'WhatsApp' } as const;

export interface Cell {
  count: Count;
  /** From the fault until all is well again; null where that did not come. */
  seconds: number | null;
  bystanders: Bystanders;
}

/** By name of the scenario, then by platform. 'none': it has no meaning there; missing: not measured. */
export type Cells = Record<string, Partial<Record<MeasuredPlatform, Cell | 'none'>>>;

export interface MeasureOptions {
  /** Of the data, one folder a cell. */
  folder: string;
  /** The gateway's program. */
  program: string;
  /** A name of `SCENARIOS`. */
  scenario: string;
  platform: MeasuredPlatform;
  /** Those on which the bystanders are. */
  others: readonly MeasuredPlatform[];
  random: Random;
  patienceMs: number;
}

/** @throws where the scenario could not be played to its end */
export async function measureCell(options: MeasureOptions): Promise<Cell | 'none'> {
  const { folder, program, platform, others, random, patienceMs } = options;
  const scenario = scenarioOf(options.scenario);
  const broken = await OPENERS[platform]();
  const bystanders: FaultyPlatform[] = [];
  try {
    if (scenario.applies?.(broken) === false) return 'none';
    for (const other of others) if (other !== platform) bystanders.push(await OPENERS[other]());
    const home = join(folder, `${options.scenario}-${platform}`);
    mkdirSync(home, { recursive: true });
    for (const one of [broken, ...bystanders]) one.prepare?.(home);
    const conversation = await Conversation.open({ folder: home, program, broken, bystanders, patienceMs });
    try {
      const seconds = await scenario.run(conversation, random);
      return { count: await conversation.count(), seconds, bystanders: conversation.bystanders };
    } finally {
      await conversation.close();
    }
  } finally {
    await Promise.all([broken, ...bystanders].map((one) => one.close()));
  }
}

export function table(cells: Cells): string {
  const platforms = Object.keys(TITLES) as MeasuredPlatform[];
  const heads = platforms.map((platform) => TITLES[platform]);
  const lines = Object.entries(cells).map(([name, row]) => {
    const written = platforms.map((platform) => writeCell(row[platform]));
    return `| ${[scenarioOf(name).title, ...written].join(' | ')} |`;
  });
  return [`| | ${heads.join(' | ')} |`, `|---|${heads.map(() => '---|').join('')}`, ...lines].join('\n');
}

/** What the bystanders saw, in all cells together. */
export function bystandersLine(cells: Cells): string {
  const all = Object.values(cells)
    .flatMap((row) => Object.values(row))
    .flatMap((cell) => (cell === 'none' ? [] : cell.bystanders));
  const sum = (of: (one: Bystanders) => number): number => all.reduce((total, one) => total + of(one), 0);
  const slowest = Math.max(0, ...all.map(({ slowestMs }) => slowestMs)) / 1000;
  return `Meanwhile on the other channels: ${sum(({ answered }) => answered)} of ${sum(({ asked }) => asked)} messages answered, the slowest in ${slowest.toFixed(1)} s.`;
}

/** @returns the text with `content` between the markers. @throws where it has none */
export function insert(text: string, content: string): string {
  const [start, end] = ['<!-- faults -->', '<!-- /faults -->'];
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from === -1 || to === -1)
    throw new Error(`There is no place for the table: put ${start} and ${end} there.`);
  return `${text.slice(0, from + start.length)}\n${content}\n${text.slice(to)}`;
}

/** Whether a message was lost, or answered twice. */
export function isBad(cell: Cell): boolean {
  return cell.count.lost > 0 || cell.count.twice > 0;
}

export function writeCell(cell: Cell | 'none' | undefined): string {
  if (cell === undefined) return 'not measured';
  if (cell === 'none') return '–';
  const { lost, twice, unknown, fragments } = cell.count;
  const seconds =
    cell.seconds === null ? (unknown > 0 ? 'on `/resend`' : 'not') : `${cell.seconds.toFixed(1)} s`;
  const beside = fragments > 0 ? `, ${fragments} unfinished beside it` : '';
  return `${lost} / ${twice} / ${unknown} / ${seconds}${beside}`;
}

function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS[name];
  if (!scenario) throw new Error(`There is no ${name}; there are ${Object.keys(SCENARIOS).join(', ')}.`);
  return scenario;
}
