/** What Moby asks his owner: what waits, all of one, and the answer. */
import { visibleJson, visibleText } from '@mobyclaw/lib/visible-text';
import type { Question } from '@mobyclaw/protocol/question';
import { CliError, EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import { type Define, type JsonOption, withJson } from '../command.ts';
import type { Context } from '../context.ts';
import { answerQuestion, findQuestion, listQuestions } from '../questions/question-requests.ts';
import { shortId, wholeQuestion } from '../questions/question-view.ts';
import { typedAnswer } from '../questions/typed-answer.ts';
import { cell, columnsOf, print, say, type Terminal, table } from '../terminal.ts';
import { fromNow, localTime } from '../time.ts';

interface AnswerOptions extends JsonOption {
  reason?: string;
  text?: true;
}

export const command: Define = (target, context, exit) => {
  withJson(target.command('list', { isDefault: true }))
    .description('the questions that wait for you')
    .option('-a, --all', 'those that are settled, too')
    .action(async (options: JsonOption & { all?: true }) => exit(await list(context, options)));
  withJson(target.command('show'))
    .description('all of a question: what Moby wants to do, with every argument')
    .argument('<id>', 'its id, or as much of it as no other has')
    .action(async (id: string, options: JsonOption) => exit(await show(context, id, options)));
  withJson(target.command('answer'))
    .description('answer a question')
    .argument('<id>', 'its id, or as much of it as no other has')
    .argument('[answer...]', 'once, turn, always or no; a choice of its list; or the text that it wants')
    .option('--reason <text>', 'why; Moby is told')
    .option('--text', 'take the answer for a text, even where it is the name of a choice')
    .action(async (id: string, words: string[], options: AnswerOptions) =>
      exit(await answer(context, id, words, options)),
    );
};

async function list(context: Context, { all, json }: JsonOption & { all?: true }): Promise<ExitCode> {
  const { terminal, clock, settings } = context;
  const questions = await context.withGateway((gateway) => listQuestions(gateway, all ? 'all' : 'open'));
  if (json) {
    printSafeJson(terminal, questions);
    return EXIT.ok;
  }
  if (questions.length === 0) {
    say(terminal, all ? 'Moby has not asked anything lately.' : 'No question waits for you.');
    return EXIT.ok;
  }
  const ids = questions.map(({ id }) => id);
  const rows = questions.map((question) => [
    shortId(question.id, ids),
    localTime(question.askedAt, settings.values.MOBYCLAW_TZ),
    question.state === 'open' ? `open, ends ${fromNow(question.expiresAt, clock.now())}` : question.state,
    cell(question.session, 30),
    cell(visibleText(`${question.title} ${question.outcome ?? gist(question)}`), 120),
  ]);
  print(terminal, table([['ID', 'ASKED', 'STATE', 'CONVERSATION', 'WHAT'], ...rows], columnsOf(terminal)));
  if (questions.some(({ state }) => state === 'open'))
    say(terminal, '\n./mobyclaw questions show ID has all of it; questions answer ID answers.');
  return EXIT.ok;
}

/** The arguments of a call, or what a form says, as the beginning of a line. */
function gist({ details }: Question): string {
  const { args, message } = details;
  if (args === undefined) return typeof message === 'string' ? message : '';
  const values = typeof args === 'object' && args !== null ? Object.values(args) : [args];
  const [only] = values;
  return values.length === 1 && typeof only === 'string' ? only : JSON.stringify(args);
}

async function show(context: Context, id: string, { json }: JsonOption): Promise<ExitCode> {
  const { terminal, settings, clock } = context;
  const question = await context.withGateway((gateway) => findQuestion(gateway, id));
  const at = (time: string): string =>
    `${localTime(time, settings.values.MOBYCLAW_TZ)}, ${fromNow(time, clock.now())}`;
  if (json) printSafeJson(terminal, question);
  else
    print(
      terminal,
      wholeQuestion(question, { asked: at(question.askedAt), expires: at(question.expiresAt) }),
    );
  return EXIT.ok;
}

async function answer(
  context: Context,
  id: string,
  words: string[],
  options: AnswerOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  const settled = await context.withGateway(async (gateway) => {
    const question = await findQuestion(gateway, id);
    if (question.state !== 'open') {
      throw new CliError(`This question is not open any more. ${visibleText(question.outcome ?? '')}`.trim());
    }
    const typed = words.length > 0 ? words.join(' ') : await typedAtTerminal(terminal, question);
    if (words.length > 0 && question.input?.secret && !isChoice(question, typed)) {
      throw new UsageError(
        'A secret on the command line stands in the history of the shell and in the list of processes. Leave it out: it is asked for, or read from standard input.',
      );
    }
    const given = typedAnswer(question, typed, { reason: options.reason, asText: options.text === true });
    return answerQuestion(gateway, question.id, given);
  });
  if (options.json) printSafeJson(terminal, settled);
  else print(terminal, visibleText(settled.outcome ?? 'Answered.'));
  return EXIT.ok;
}

function isChoice({ options, fallback }: Question, typed: string): boolean {
  return typed === fallback || options.some(({ id, label }) => id === typed || label === typed);
}

/** Nothing was said on the command line: it is asked for, or comes through a pipe. */
async function typedAtTerminal(terminal: Terminal, question: Question): Promise<string> {
  const { stdin } = terminal;
  if (!stdin.isTTY) {
    const chunks: Buffer[] = [];
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  }
  const { Ask } = await import('../init/ask.ts');
  const ask = new Ask(terminal);
  say(terminal, wholeQuestion(question, { asked: question.askedAt, expires: question.expiresAt }));
  return question.input?.secret ? ask.secret('Answer', () => null) : ask.text('Answer');
}

/** No character in it steers a terminal, and it says the same. */
function printSafeJson(terminal: Terminal, value: unknown): void {
  terminal.stdout.write(`${visibleJson(JSON.stringify(value, null, 2))}\n`);
}
