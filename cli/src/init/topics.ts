/** The questions of init besides the model; each is skipped by pressing Enter. */
import { basename, isAbsolute } from 'node:path';
import { isSettingName, type SettingName, settingProblem } from '@mobyclaw/lib/settings';
import { workspaceNameFault } from '@mobyclaw/lib/workspaces-conf';
import { CliError } from '../cli-error.ts';
import { parseCredentials } from '../compose/credentials.ts';
import { isMeant } from '../compose/sensitive-folders.ts';
import type { Ask } from './ask.ts';
import { CHANNEL_INFO, CHANNELS, type ChannelName } from './channels.ts';
import { type Draft, expandHome, masked, systemUserName } from './draft.ts';

/** @returns what is wrong with the value of a setting, or null */
export function answerProblem(name: SettingName, value: string): string | null {
  const problem = settingProblem(name, value);
  return problem === null ? null : `That ${problem}.`;
}

export async function placeTopic(ask: Ask, draft: Draft): Promise<void> {
  ask.heading('Where Moby keeps what he knows');
  const now = draft.now.values.MOBYCLAW_HOME;
  const path = expandHome(
    await ask.text('Data directory', now, (value) => answerProblem('MOBYCLAW_HOME', value)),
  );
  if (path !== now) draft.set('MOBYCLAW_HOME', path);
}

export async function channelsTopic(ask: Ask, draft: Draft): Promise<void> {
  ask.heading('Channels');
  const chosen = await ask.chooseAny(
    'Where else than here should Moby be reached? (Space marks, Enter goes on; none is fine)',
    CHANNELS.map((value) => {
      const set = isSet(draft, value);
      return { value, name: CHANNEL_INFO[value].title + (set ? ' (set)' : '') };
    }),
  );
  for (const channel of chosen) await askChannel(ask, draft, channel);
}

function isSet(draft: Draft, channel: ChannelName): boolean {
  return CHANNEL_INFO[channel].tokens.every(({ name }) => draft.value(name) !== undefined);
}

async function askChannel(ask: Ask, draft: Draft, channel: ChannelName): Promise<void> {
  const { title, hint, tokens, users, usersHint } = CHANNEL_INFO[channel];
  ask.heading(title);
  ask.note(...hint);
  const values = new Map<SettingName, string>();
  for (const { name, label, secret, form, problem } of tokens) {
    const known = draft.value(name);
    if (
      known !== undefined &&
      (await ask.yes(`${name} is set (${secret ? masked(known) : known}). Keep it?`, true))
    ) {
      draft.keep(name);
      continue;
    }
    const check = (value: string): string | null => (value === '' || form.test(value) ? null : problem);
    const value = secret
      ? await ask.secret(`${label} (empty: skip ${title})`, check)
      : await ask.text(`${label} (empty: skip ${title})`, '', check);
    if (value === '') return; // half of what a channel needs is worse than none of it
    values.set(name, value);
  }
  for (const [name, value] of values) draft.set(name, value);
  ask.note(usersHint);
  const known = draft.value(users) ?? '';
  const ids = await ask.text('Your id there, several with commas between (empty: skip)', known, (value) =>
    value === '' ? null : answerProblem(users, value),
  );
  if (ids === known) draft.keep(users);
  else if (ids !== '') draft.set(users, ids);
}

export async function ownerTopic(ask: Ask, draft: Draft): Promise<void> {
  ask.heading('You');
  const name = await ask.text(
    'What should Moby call you? (written into MEMORY.md; - skips)',
    systemUserName(),
  );
  draft.ownerName = name === '-' || name === '' ? null : name;
}

export async function credentialsTopic(ask: Ask, draft: Draft): Promise<void> {
  ask.heading('Keys for his tools');
  ask.note('Moby is given these in his shell; no other part is. They go into credentials.env.');
  const known = draft.credentialNames;
  if (known.length > 0) ask.note(`Set: ${known.join(', ')}`);
  const chosen = await ask.chooseAny('Which do you want to give him? (none is fine)', [
    { value: 'github', name: 'GitHub (GITHUB_TOKEN)', description: 'github.com/settings/tokens' },
    {
      value: 'aws',
      name: 'AWS (access key, secret, region)',
      description: 'IAM → Users → Security credentials',
    },
    { value: 'other', name: 'Others' },
  ]);
  if (chosen.includes('github')) await askCredential(ask, draft, 'GITHUB_TOKEN');
  if (chosen.includes('aws')) {
    await askCredential(ask, draft, 'AWS_ACCESS_KEY_ID');
    await askCredential(ask, draft, 'AWS_SECRET_ACCESS_KEY');
    const region = await ask.text('AWS_REGION', 'us-east-1');
    if (region !== '') draft.credentials.AWS_REGION = region;
  }
  while (chosen.includes('other')) {
    const name = await ask.text('Name, such as NPM_TOKEN (empty: done)', '', credentialNameProblem);
    if (name === '') return;
    await askCredential(ask, draft, name);
  }
}

async function askCredential(ask: Ask, draft: Draft, name: string): Promise<void> {
  const known = draft.credentialNames.includes(name);
  const value = await ask.secret(`${name} (empty: ${known ? 'leave as it is' : 'skip'})`, () => null);
  if (value !== '') draft.credentials[name] = value;
}

/** @returns why Moby cannot be given a variable of this name, or null */
export function credentialNameProblem(name: string): string | null {
  if (name === '') return null;
  if (!/^\w+$/.test(name)) return 'A name has letters, digits and _ only.';
  if (isSettingName(name)) return `${name} is a setting; it belongs into .env.`;
  try {
    parseCredentials(`${name}=x`, 'credentials.env');
    return null;
  } catch (error) {
    if (error instanceof CliError) return error.message.replace(/^credentials\.env, line 1: /, '');
    throw error;
  }
}

export async function workspacesTopic(
  ask: Ask,
  draft: Draft,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  ask.heading('Folders he may work in');
  while (
    await ask.yes(draft.workspaces.length === 0 ? 'Give Moby a folder of yours?' : 'Another one?', false)
  ) {
    const path = expandHome(await ask.text('Folder', '', (text) => folderProblem(draft, text)));
    if (!(await isMeant(path, env, false, ask))) continue;
    const name = await ask.text('Name for it', suggestedName(path), (value) => nameProblem(draft, value));
    const mode = await ask.choose('He may', [
      { value: 'rw', name: 'read and write' },
      { value: 'ro', name: 'read only' },
      { value: 'none', name: 'use it by his file tools alone, not in his shell' },
    ] as const);
    draft.workspaces.push({ name, path, mode });
  }
}

async function folderProblem(draft: Draft, text: string): Promise<string | null> {
  const path = expandHome(text);
  return isAbsolute(path) ? draft.folderProblem(path) : 'Write the whole path, such as ~/projects.';
}

function suggestedName(path: string): string {
  return basename(path)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

function nameProblem(draft: Draft, name: string): string | null {
  const known = draft.workspaces.some((one) => one.name.toLowerCase() === name.toLowerCase());
  return workspaceNameFault(name) ?? (known ? 'There is one of this name already.' : null);
}

export async function rhythmTopic(ask: Ask, draft: Draft): Promise<void> {
  ask.heading('When he is awake');
  ask.note('Now and then Moby wakes by himself and looks at HEARTBEAT.md. An empty list costs nothing.');
  await askSetting(ask, draft, 'MOBYCLAW_HEARTBEAT_INTERVAL', 'How often (30m, 2h; off: never)');
  if ((draft.value('MOBYCLAW_HEARTBEAT_INTERVAL') ?? '30m') !== 'off') {
    await askSetting(ask, draft, 'MOBYCLAW_ACTIVE_HOURS', 'Between');
  }
  await askSetting(ask, draft, 'MOBYCLAW_TZ', 'Your time zone');
}

async function askSetting(ask: Ask, draft: Draft, name: SettingName, message: string): Promise<void> {
  const now = draft.now.environment[name] ?? '';
  const value = await ask.text(message, now, (text) => answerProblem(name, text));
  if (value === now) draft.keep(name);
  else draft.set(name, value);
}
