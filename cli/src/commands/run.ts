/**
 * Asks Moby once. stdout gets the answer and nothing else; stderr gets what happens meanwhile. However long the turn
 * takes, it is waited for. Ctrl-C stops the turn; a second Ctrl-C leaves without waiting for that. What Moby asks meanwhile
 * is answered by a key, or by what is typed; where nobody types, it waits for another door, and stderr says so.
 */
import { promptRequestSchema } from '@mobyclaw/protocol/prompt';
import { readAttachments } from '../attachment.ts';
import { checked, promptField } from '../checked.ts';
import { EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import type { Define } from '../command.ts';
import type { Context } from '../context.ts';
import { stdinKeys } from '../questions/stdin-keys.ts';
import { TerminalQuestions } from '../questions/terminal-questions.ts';
import { RunningTurn } from '../running-turn.ts';
import { DEFAULT_SESSION, sessionKey } from '../session-name.ts';
import { print, printJson, say, type Terminal } from '../terminal.ts';
import { TurnDisplay, type TurnOutcome } from '../turn-display.ts';
import { mayBeCommand, runCommand } from '../typed-command.ts';
import { UnconfirmedMessages } from '../unconfirmed-messages.ts';

/** A script may hand down a standard input that nobody ever closes. */
const STDIN_HINT_AFTER_MS = 2_000;

interface RunOptions {
  session: string;
  json?: true;
  model?: string;
  file: string[];
  ask: boolean;
}

export const command: Define = (target, context, exit) => {
  target
    .argument(
      '[prompt...]',
      'what to say; also read from a pipe, behind the words given here. Words that begin with a dash go behind --',
    )
    .option(
      '-s, --session <name>',
      'the conversation: a name, or a key such as telegram:dm:12345',
      DEFAULT_SESSION,
    )
    .option(
      '-f, --file <path>',
      'send a file along (may be repeated)',
      (path, all: string[]) => [...all, path],
      [],
    )
    .option(
      '--model <name>',
      'answer this once with another model: an entry of models in soul.yaml, or provider/model',
    )
    .option('--json', 'print one JSON object with the answer instead of its text')
    .option('--no-ask', 'refuse at once what Moby would ask you about, instead of waiting for your answer')
    .action(async (words: string[], options: RunOptions) => exit(await run(context, words, options)));
};

async function run(context: Context, words: string[], options: RunOptions): Promise<ExitCode> {
  const { terminal } = context;
  const attachments = await readAttachments(options.file);
  const request = checked(
    promptRequestSchema,
    {
      prompt: await readPrompt(context, words),
      session: sessionKey(options.session),
      ...(attachments.length > 0 && { attachments }),
      ...(options.model !== undefined && { model: options.model }),
      ...(!options.ask && { noAsk: true }),
    },
    promptField,
  );

  return context.withGateway(async (gateway) => {
    if (attachments.length === 0 && mayBeCommand(request.prompt)) {
      const text = await runCommand(gateway, request.session ?? DEFAULT_SESSION, request.prompt);
      if (text !== null) {
        if (options.json) printJson(terminal, { command: request.prompt, text });
        else print(terminal, text);
        return EXIT.ok;
      }
    }
    const display = new TurnDisplay(options.json ? withoutAnswer(terminal) : terminal);
    const turn = new RunningTurn({
      client: gateway,
      request: request,
      unconfirmed: new UnconfirmedMessages(context.data, context.clock),
      comesBack: () => context.comesBack(),
      onBreak: () => display.note('The connection to the gateway broke; taking the answer up again…'),
    });
    let interrupts = 0;
    const interrupt = (): void => {
      if (++interrupts > 1) process.exit(EXIT.interrupted);
      display.note('Stopping… (Ctrl-C again to leave at once)');
      turn.cancel();
    };
    const questions = new TerminalQuestions({
      gateway,
      clock: context.clock,
      keys: stdinKeys(terminal, interrupt),
      show: (text) => display.aside(text),
      echo: (text) => void terminal.stderr.write(text),
    });
    process.on('SIGINT', interrupt);
    try {
      for await (const event of turn.events()) {
        display.show(event);
        if (event.type === 'question') await questions.seen(event.data);
      }
    } finally {
      questions.close();
      process.off('SIGINT', interrupt);
    }
    return conclude(terminal, display.outcome, { json: options.json === true, interrupted: interrupts > 0 });
  });
}

/** The words of the command line, then what comes through a pipe. */
async function readPrompt({ terminal, clock }: Context, words: string[]): Promise<string> {
  const said = words.join(' ');
  if (terminal.stdin.isTTY) {
    if (said.trim() === '')
      throw new UsageError('Say something: mobyclaw run "What is on today?", or pipe a text in.');
    return said;
  }
  const hint = clock.after(STDIN_HINT_AFTER_MS, () =>
    say(
      terminal,
      'Reading standard input until it ends. (If nothing is to come from there, add </dev/null.)',
    ),
  );
  const chunks: Buffer[] = [];
  for await (const chunk of terminal.stdin) chunks.push(Buffer.from(chunk));
  hint.cancel();
  const piped = Buffer.concat(chunks).toString('utf8');
  const prompt = [said, piped].filter((part) => part.trim() !== '').join('\n\n');
  if (prompt === '')
    throw new UsageError('There is no prompt: neither words on the command line nor text in the pipe.');
  return prompt;
}

function conclude(
  terminal: Terminal,
  { turn, session, done, error }: TurnOutcome,
  { json, interrupted }: { json: boolean; interrupted: boolean },
): ExitCode {
  if (json) printJson(terminal, done ?? { turn, session, error });
  if (interrupted) {
    if (done === undefined) say(terminal, 'Stopped.');
    return EXIT.interrupted;
  }
  if (error === undefined) return EXIT.ok;
  say(terminal, `mobyclaw: ${error.message}${error.retryable ? '\nTrying again may help.' : ''}`);
  return EXIT.failure;
}

/** With --json the answer is part of the object. */
function withoutAnswer(terminal: Terminal): Terminal {
  const stdout: Terminal['stdout'] = Object.create(terminal.stdout, {
    isTTY: { value: false },
    write: { value: () => true },
  });
  return { ...terminal, stdout };
}
