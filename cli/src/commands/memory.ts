/**
 * What Moby remembers, read from the owner's files themselves, so that it works while he is down. An edit is the owner's
 * editor on the file; Moby sees it at once. Where a line comes from, and what is found as he finds it, the memory server knows,
 * which the gateway asks.
 */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { reviewsText, undoneText } from '@mobyclaw/lib/review-text';
import { whyText } from '@mobyclaw/lib/why-text';
import { type MemoryHits, memoryHitsSchema } from '@mobyclaw/protocol/memory-file';
import { reviewSchema, undoneReviewSchema } from '@mobyclaw/protocol/memory-review';
import { whyAnswerSchema } from '@mobyclaw/protocol/memory-source';
import { CliError, EXIT, type ExitCode, NotRunningError, UsageError } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { dailyLogs, type Passage, readIfThere, searchMemory } from '../memory/memory-search.ts';
import { defineModel } from '../memory/model-command.ts';
import { print, printable, printJson, say, styled, type Terminal } from '../terminal.ts';
import { localDay, localTime } from '../time.ts';

const MOST_ASKED = 500; // signs

interface Options {
  json?: true;
}

export const command: Define = (target, context, exit) => {
  target
    .command('show', { isDefault: true })
    .description('show MEMORY.md')
    .action(async () => exit(await showFile(context, 'MEMORY.md', 'Moby remembers nothing yet')));
  target
    .command('search <words...>')
    .description('search MEMORY.md and the daily logs')
    .option('--json', 'print JSON')
    .action(async (words: string[], options: Options) =>
      exit(await search(context, words.join(' '), options)),
    );
  target
    .command('why <words...>')
    .description('tell where what he remembers comes from: conversation, time, person')
    .option('--json', 'print JSON')
    .action(async (words: string[], options: Options) => exit(await why(context, words.join(' '), options)));
  defineModel(target, context, exit);
  target
    .command('changes')
    .description('show what the nightly look did with MEMORY.md')
    .option('--json', 'print JSON')
    .action(async (options: Options) => exit(await changes(context, options)));
  target
    .command('undo')
    .description('take back what the last nightly look changed')
    .option('--json', 'print JSON')
    .action(async (options: Options) => exit(await undo(context, options)));
  target
    .command('log [date]')
    .description('show the log of a day: YYYY-MM-DD, today or yesterday')
    .action(async (date: string | undefined) => exit(await showLog(context, date ?? 'today')));
  target
    .command('edit')
    .description('edit MEMORY.md with $VISUAL or $EDITOR')
    .action(async () => exit(await edit(context)));
  target
    .command('versions [version]')
    .description('list the versions that were kept, or show one')
    .option('--file <name>', 'of another file, such as 2026-03-01.md or soul.yaml', 'MEMORY.md')
    .action(async (version: string | undefined, options: { file: string }) =>
      exit(await versions(context, options.file, version)),
    );
};

async function showFile({ terminal, data }: Context, name: string, none: string): Promise<ExitCode> {
  const path = join(data.root, name);
  const text = await readIfThere(path);
  if (text === null) throw new CliError(`${none} (there is no ${path}).`);
  print(terminal, shown(terminal, text));
  return EXIT.ok;
}

async function search(context: Context, query: string, { json }: Options): Promise<ExitCode> {
  const { terminal } = context;
  if (query.trim() === '') throw new UsageError('Say what to search for: mobyclaw memory search <words>');
  const found = (await rankedHits(context, query)) ?? (await searchMemory(context.data, query));
  if (json) printJson(terminal, found);
  else if (found.length === 0) say(terminal, `Nothing in the memory mentions "${query}".`);
  for (const { file, line, heading, text, ...said } of json ? [] : found) {
    const about = [heading, said.at, said.speaker, said.title ?? said.session].filter(Boolean);
    const place = styled(terminal, 'stdout', 'dim', printable([`${file}:${line}`, ...about].join('  ')));
    print(terminal, `${place}\n${shown(terminal, text)}\n\n`);
  }
  return EXIT.ok;
}

/** As Moby himself finds it, the best first. @returns null where he is not there to be asked */
async function rankedHits(context: Context, query: string): Promise<Passage[] | null> {
  const path = `/api/memory/search?q=${encodeURIComponent(query.slice(0, MOST_ASKED))}`;
  let answer: MemoryHits;
  try {
    answer = await context.withGateway((gateway) => gateway.json(memoryHitsSchema, path));
  } catch (error) {
    if (!(error instanceof NotRunningError)) throw error;
    say(context.terminal, 'Moby is not running, so only the words themselves are looked for.');
    return null;
  }
  for (const reason of answer.unread) say(context.terminal, reason);
  if (answer.missing > 0)
    say(context.terminal, `${answer.missing} files are not searched yet: their index is being made.`);
  return answer.items.map(({ file, line, section, snippet, at, speaker, session, title }) => ({
    ...{ file, line, heading: section, text: snippet },
    ...(at === null ? {} : { at }),
    ...(speaker === null ? {} : { speaker }),
    ...(session === undefined ? {} : { session }),
    ...(title === undefined ? {} : { title }),
  }));
}

async function why(context: Context, query: string, { json }: Options): Promise<ExitCode> {
  const { terminal, settings } = context;
  if (query.trim() === '') throw new UsageError('Say what it is about: mobyclaw memory why <words>');
  const answer = await context.withGateway((gateway) =>
    gateway.json(whyAnswerSchema, `/api/memory/why?q=${encodeURIComponent(query)}`),
  );
  if (json) printJson(terminal, answer);
  else print(terminal, `${shown(terminal, whyText(answer, settings.values.MOBYCLAW_TZ))}\n`);
  return EXIT.ok;
}

async function changes(context: Context, { json }: Options): Promise<ExitCode> {
  const { terminal } = context;
  const reviews = await context.withGateway((gateway) => gateway.list(reviewSchema, '/api/memory/changes'));
  if (json) printJson(terminal, reviews);
  else print(terminal, `${shown(terminal, reviewsText(reviews))}\n`);
  return EXIT.ok;
}

async function undo(context: Context, { json }: Options): Promise<ExitCode> {
  const { terminal } = context;
  const undone = await context.withGateway((gateway) =>
    gateway.json(undoneReviewSchema, '/api/memory/undo', { method: 'POST' }),
  );
  if (json) printJson(terminal, undone);
  else print(terminal, `${shown(terminal, undoneText(undone))}\n`);
  return EXIT.ok;
}

async function showLog(context: Context, date: string): Promise<ExitCode> {
  const zone = context.settings.values.MOBYCLAW_TZ;
  const now = context.clock.now();
  const day =
    date === 'today' ? localDay(now, zone) : date === 'yesterday' ? localDay(now - 86_400_000, zone) : date;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) {
    throw new UsageError(`"${date}" is not a day; write YYYY-MM-DD, today or yesterday.`);
  }
  const last = (await dailyLogs(context.data)).slice(-5);
  const hint = last.length > 0 ? `; the last days with a log are ${last.join(', ')}` : '';
  return showFile(context, join('memory', `${day}.md`), `Nothing was logged on ${day}${hint}`);
}

async function edit({ terminal, data }: Context): Promise<ExitCode> {
  const chosen = terminal.env.VISUAL || terminal.env.EDITOR;
  if (!chosen && !(terminal.stdin.isTTY && terminal.stdout.isTTY))
    throw new UsageError(
      `An editor needs a terminal. Edit ${data.memory} with any program; it counts at once.`,
    );
  const editor = chosen || 'vi';
  const code = await new Promise<number | null>((resolve, reject) => {
    // Through the shell, since an editor may come with options: EDITOR="code --wait".
    const child = spawn('sh', ['-c', `exec ${editor} "$1"`, 'sh', data.memory], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code === 0) return EXIT.ok;
  throw new CliError(
    code === 127
      ? `The editor "${editor}" was not found. Set EDITOR to yours, or edit ${data.memory} with any program.`
      : `The editor "${editor}" ended with code ${code}.`,
  );
}

async function versions(
  { terminal, data, settings }: Context,
  file: string,
  version?: string,
): Promise<ExitCode> {
  if (!/^[\w-]+\.md$/.test(file) && file !== 'soul.yaml')
    throw new UsageError(`"${file}" is not a file name such as MEMORY.md or 2026-03-01.md.`);
  const folder = join(data.dailyLogs, '.versions', file);
  const end = extname(file);
  const names = await namesIn(folder, end);
  if (version === undefined) {
    if (names.length === 0) say(terminal, `No earlier version of ${file} has been kept yet.`);
    for (const name of names.toReversed()) {
      const id = name.slice(0, -end.length);
      print(terminal, `${id}  ${localTime(id.replaceAll('_', ':'), settings.values.MOBYCLAW_TZ)}`);
    }
    return EXIT.ok;
  }
  const name = names.find((one) => one === `${version}${end}` || one === version);
  const text = name === undefined ? null : await readIfThere(join(folder, name));
  if (text === null) {
    throw new CliError(`There is no version ${version} of ${file}. ./mobyclaw memory versions lists them.`);
  }
  print(terminal, shown(terminal, text));
  return EXIT.ok;
}

async function namesIn(folder: string, end = '.md'): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(end)).toSorted();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A terminal is not to be steered by what stands in a file; a pipe gets the file as it is. */
function shown(terminal: Terminal, text: string): string {
  return terminal.stdout.isTTY ? printable(text) : text;
}
