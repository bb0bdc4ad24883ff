/**
 * Every setting of the owner's, once: what it is for, what it may hold, its default and who gets it. From here follow what
 * `mobyclaw` and the gateway read, the environments of the parts, `doctor` and `.env.example` (`npm run settings`). That
 * docker-compose.yml agrees is a test. To add one, put it into its topic here and, for containers, into docker-compose.yml.
 */
import { ownerChannelConflict } from '@mobyclaw/protocol/owner-channel';
import { budget } from './settings/budget.ts';
import { channels } from './settings/channels.ts';
import { containers } from './settings/containers.ts';
import { conversations, heartbeat } from './settings/conversations.ts';
import { FormError } from './settings/forms.ts';
import { memoryAndLogs } from './settings/memory-and-logs.ts';
import { model } from './settings/model.ts';
import { place } from './settings/place.ts';
import type { Part, Setting, Topic } from './settings/setting.ts';

/** In the order of `.env.example`. */
export const TOPICS: readonly Topic[] = [
  model,
  place,
  channels,
  heartbeat,
  conversations,
  budget,
  memoryAndLogs,
  containers,
];

const all = {
  ...model.settings,
  ...place.settings,
  ...channels.settings,
  ...heartbeat.settings,
  ...conversations.settings,
  ...budget.settings,
  ...memoryAndLogs.settings,
  ...containers.settings,
} as const;

type All = typeof all;
export type SettingName = keyof All;

export const SETTINGS: Readonly<Record<SettingName, Setting>> = all;
export const SETTING_NAMES = Object.keys(all) as SettingName[];

/** Keys of model providers. */
export const MODEL_KEYS = namesOf(model, ({ secret }) => secret === true);
/** The secrets by which the parts know each other. */
export const PART_SECRETS = namesOf(containers, ({ secret }) => secret === true);

type NamesFor<P extends Part> = {
  [Name in SettingName]: P extends All[Name]['parts'][number] ? Name : never;
}[SettingName];

/** A setting that is not set has its default, or is undefined where there is none. */
export type SettingValues<Name extends SettingName = SettingName> = {
  [N in Name]: ReturnType<All[N]['form']> | (All[N] extends { default: unknown } ? never : undefined);
};

/** What a part reads of its settings. */
export type PartSettings<P extends Part> = SettingValues<NamesFor<P>>;

/** What is wrong with one. */
export interface SettingFault {
  name: SettingName;
  /** The end of a sentence that begins with the name. */
  message: string;
}

/** @returns the names of the settings that a part gets */
export function settingsOf<P extends Part>(part: P): NamesFor<P>[] {
  return SETTING_NAMES.filter((name): name is NamesFor<P> => SETTINGS[name].parts.includes(part));
}

/**
 * @param texts by name; one that is empty or only blanks is not set
 * @returns the values, which can be relied on where there are no faults
 */
export function readSettingValues<Name extends SettingName>(
  names: readonly Name[],
  texts: Readonly<Record<string, string | undefined>>,
): { values: SettingValues<Name>; faults: SettingFault[] } {
  const values: Partial<Record<SettingName, unknown>> = {};
  const faults: SettingFault[] = [];
  for (const name of names) {
    const { message, value } = readSetting(name, texts[name]?.trim() || defaultOf(name));
    values[name] = value;
    if (message !== undefined) faults.push({ name, message });
  }
  const conflict = faults.length === 0 ? settingsConflict(values) : null;
  return { values: values as SettingValues<Name>, faults: conflict === null ? faults : [conflict] };
}

/** @returns what is wrong with the text of a setting, as the end of a sentence that begins with the name; or null */
export function settingProblem(name: SettingName, text: string): string | null {
  return readSetting(name, text).message ?? null;
}

/** @returns the text that counts where a setting is not set */
export function defaultOf(name: SettingName): string | undefined {
  const { default: fallback } = SETTINGS[name];
  return typeof fallback === 'function' ? fallback() : fallback;
}

function readSetting(name: SettingName, text: string | undefined): { value?: unknown; message?: string } {
  try {
    return text === undefined ? {} : { value: SETTINGS[name].form(text) };
  } catch (error) {
    if (error instanceof FormError) return { message: error.message };
    throw error;
  }
}

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(all, name);
}

/** @returns what is wrong with settings that are each right by themselves; null where nothing is */
function settingsConflict(values: Readonly<Partial<Record<SettingName, unknown>>>): SettingFault | null {
  const { SLACK_BOT_TOKEN: bot, SLACK_APP_TOKEN: app, MOBYCLAW_OWNER_CHANNEL: channel } = values;
  if (Boolean(bot) !== Boolean(app)) {
    return {
      name: app ? 'SLACK_BOT_TOKEN' : 'SLACK_APP_TOKEN',
      message: 'is missing: Slack needs both, SLACK_BOT_TOKEN (xoxb-…) and SLACK_APP_TOKEN (xapp-…)',
    };
  }
  if (values.MOBYCLAW_EMBEDDINGS_URL && !values.MOBYCLAW_EMBEDDINGS_MODEL) {
    const message = 'is missing: name the model that the server at MOBYCLAW_EMBEDDINGS_URL offers';
    return { name: 'MOBYCLAW_EMBEDDINGS_MODEL', message };
  }
  if (typeof channel !== 'string') return null;
  const message = ownerChannelConflict(channel, (name) => isSettingName(name) && Boolean(values[name]));
  return message === null ? null : { name: 'MOBYCLAW_OWNER_CHANNEL', message };
}

function namesOf(topic: Topic, wanted: (setting: Setting) => boolean): SettingName[] {
  return Object.entries(topic.settings).flatMap(([name, setting]) =>
    wanted(setting) ? [name as SettingName] : [],
  );
}
