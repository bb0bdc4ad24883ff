/** What was said: one conversation, or a search over all of them. */
import { messageViewSchema, searchHitSchema } from '@mobyclaw/protocol/session';
import { type Command, InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { EXIT, type ExitCode } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { renderMessage } from '../messages.ts';
import { DEFAULT_SESSION, sessionKey } from '../session-name.ts';
import { print, printable, printJson, say, styled } from '../terminal.ts';
import { localTime } from '../time.ts';

interface Options {
  limit: number;
  json?: true;
}

export const command: Define = (target, context, exit) => {
  withOptions(target, 50, 1000)
    .argument('[session]', 'a name, or a key such as telegram:dm:12345', DEFAULT_SESSION)
    .action(async (session: string, options: Options) => exit(await show(context, session, options)));
  withOptions(target.command('search <words...>').description('search all conversations'), 20, 200).action(
    async (words: string[], options: Options) => exit(await search(context, words.join(' '), options)),
  );
};

function withOptions(command: Command, limit: number, most: number): Command {
  return command
    .option('-n, --limit <count>', 'at most so many', countUpTo(most), limit)
    .option('--json', 'print JSON');
}

function countUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`Write a number from 1 to ${most}.`);
  };
}

async function show(context: Context, session: string, { limit, json }: Options): Promise<ExitCode> {
  const { terminal } = context;
  const key = sessionKey(session);
  const messages = await context.withGateway((gateway) =>
    gateway.list(messageViewSchema, `/api/sessions/${encodeURIComponent(key)}/messages?limit=${limit}`),
  );
  if (json) printJson(terminal, messages);
  else if (messages.length === 0) say(terminal, `Nothing has been said in ${key}.`);
  else for (const message of messages) print(terminal, renderMessage(terminal, message, zone(context)));
  return EXIT.ok;
}

async function search(context: Context, query: string, { limit, json }: Options): Promise<ExitCode> {
  const { terminal } = context;
  const { items: hits, missing = 0 } = await context.withGateway((gateway) =>
    gateway.json(
      z.object({ items: z.array(searchHitSchema), missing: z.int().optional() }),
      `/api/history/search?${new URLSearchParams({ q: query, limit: String(limit) })}`,
    ),
  );
  if (missing > 0) say(terminal, `${missing} messages are not searched yet: their index is being made.`);
  if (json) printJson(terminal, hits);
  else if (hits.length === 0) say(terminal, `No conversation mentions "${query}".`);
  for (const hit of json ? [] : hits) {
    const where = hit.title === undefined ? hit.session : `${hit.session} “${printable(hit.title)}”`;
    const head = `${localTime(hit.at, zone(context))}  ${where}  ${hit.role === 'user' ? 'you' : 'Moby'}`;
    const snippet = printable(hit.snippet).replaceAll(/\s+/g, ' ');
    print(terminal, `${styled(terminal, 'stdout', 'dim', head)}\n  ${marked(context, snippet)}\n\n`);
  }
  return EXIT.ok;
}

/** Shows matches bold instead of between « and », where the terminal can. */
function marked({ terminal }: Context, snippet: string): string {
  return snippet.replaceAll(/«([^»]*)»/g, (whole, match: string) => {
    const bold = styled(terminal, 'stdout', 'bold', match);
    return bold === match ? whole : bold;
  });
}

function zone(context: Context): string {
  return context.settings.values.MOBYCLAW_TZ;
}
