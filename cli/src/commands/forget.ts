/**
 * Forgets. First it shows what there is, then it asks, then it has the gateway remove it, and at last it looks through every
 * byte of the data directory whether a phrase is gone. What it cannot reach it names.
 */
import {
  type ForgetFinding,
  type Forgetting,
  type ForgetWish,
  forgetFindingSchema,
  forgettingSchema,
  forgetWishSchema,
} from '@mobyclaw/protocol/forget';
import { Phrase } from '@mobyclaw/recall/phrase';
import { CliError, EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import { type Define, type JsonOption, withJson } from '../command.ts';
import type { Context } from '../context.ts';
import { scanData } from '../forget/data-scan.ts';
import { forgetInOwnFiles } from '../forget/own-files.ts';
import { cell, printJson, say } from '../terminal.ts';

const LOOK_MS = 300;
const MOST_FILES = 10;
const ELSEWHERE =
  'What a model provider or a messenger keeps, and copies of yours elsewhere, cannot be reached from here.';

interface Options extends JsonOption {
  conversation?: string;
  person?: string;
  before?: string;
  yes?: true;
}

export const command: Define = (target, context, exit) => {
  withJson(target.argument('[phrase...]', 'forget what mentions these words, in this order'))
    .option('--conversation <key>', 'all of a conversation, such as telegram:dm:7')
    .option('--person <id>', 'all that somebody said, such as telegram:7')
    .option('--before <date>', 'all that was said before a day, YYYY-MM-DD')
    .option('-y, --yes', 'do not ask')
    .action(async (words: string[], options: Options) => exit(await forget(context, words, options)));
};

async function forget(context: Context, words: string[], options: Options): Promise<ExitCode> {
  const { terminal, data } = context;
  const wish = wishOf(words, options);
  const looked = await context.withGateway((gateway) =>
    gateway.json(forgetFindingSchema, '/api/forget/look', { method: 'POST', body: wish }),
  );
  if (!options.json) show(context, looked);
  if (!(await confirmed(context, looked, options))) {
    if (options.json) printJson(terminal, { ...looked, state: 'asked' });
    return EXIT.ok;
  }
  const view = await remove(context, wish);
  if (view.state === 'failed') throw new CliError(view.problem ?? 'Forgetting failed.');
  const left = [...view.left];
  const phrase = wish.phrase === undefined ? null : Phrase.of(wish.phrase);
  if (phrase) {
    await forgetInOwnFiles(data, phrase);
    left.push(...(await scanned(context, phrase)));
  }
  left.push(ELSEWHERE);
  if (options.json) printJson(terminal, { ...view, left });
  else say(terminal, ['Forgotten.', ...left.map((line) => `- ${line}`)].join('\n'));
  return EXIT.ok;
}

function wishOf(words: string[], { conversation, person, before }: Options): ForgetWish {
  const phrase = words.join(' ').trim() || undefined;
  const wish = forgetWishSchema.safeParse({ phrase, conversation, person, before });
  if (wish.success) return wish.data;
  throw new UsageError(
    `Say what to forget: mobyclaw forget "phrase", or one of --conversation, --person, --before (${wish.error.issues[0]?.message ?? ''}).`,
  );
}

function show({ terminal }: Context, { places, left }: ForgetFinding): void {
  if (places.length === 0) say(terminal, 'Nothing was found.');
  for (const { place, count, examples } of places) {
    say(terminal, `${String(count).padStart(6)}  ${place}`);
    for (const example of examples) say(terminal, `          ${cell(example, 100)}`);
  }
  for (const line of left) say(terminal, `- ${line}`);
}

async function confirmed(
  { terminal }: Context,
  { places }: ForgetFinding,
  options: Options,
): Promise<boolean> {
  if (options.yes) return true;
  if (options.json) return false;
  if (!terminal.stdin.isTTY) {
    if (places.length > 0) say(terminal, 'Nothing was removed. With --yes it is.');
    return false;
  }
  const { Ask } = await import('../init/ask.ts');
  return new Ask(terminal).yes('Forget all of this? It cannot be undone.', false);
}

async function remove(context: Context, wish: ForgetWish): Promise<Forgetting> {
  return context.withGateway(async (gateway) => {
    let view = await gateway.json(forgettingSchema, '/api/forget', { method: 'POST', body: wish });
    while (view.state === 'due') {
      await new Promise<void>((resolve) => void gateway.clock.after(LOOK_MS, resolve));
      view = await gateway.json(forgettingSchema, `/api/forget/${view.id}`);
    }
    return view;
  });
}

async function scanned({ data, terminal }: Context, phrase: Phrase): Promise<string[]> {
  say(terminal, 'Looking through the data directory…');
  const { files, packed, unread } = await scanData(data.root, phrase);
  return [
    ...(files.length === 0
      ? []
      : [`It still stands in these files, which are yours to edit or delete: ${named(files)}.`]),
    ...(packed.length === 0
      ? []
      : [
          `Packed files were not looked into: ${named(packed)}. Of a backup, ./mobyclaw restore brings it back without this.`,
        ]),
    ...(unread.length === 0 ? [] : [`These could not be read: ${named(unread)}.`]),
  ];
}

function named(files: readonly string[]): string {
  const more = files.length > MOST_FILES ? ` and ${files.length - MOST_FILES} more` : '';
  return `${files.slice(0, MOST_FILES).join(', ')}${more}`;
}
