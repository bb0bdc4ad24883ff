/**
 * Finds the command and runs it. Only the file of the command asked for is loaded; the others are listed with their
 * summary for help and for "did you mean".
 */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { logWarnings } from '@mobyclaw/lib/process-faults';
import { Command, CommanderError } from 'commander';
import { CliError, EXIT, type ExitCode, UsageError } from './cli-error.ts';
import type { Define } from './command.ts';
import type { Context } from './context.ts';
import { diskProblem } from './disk-error.ts';
import { processTerminal, say, type Terminal } from './terminal.ts';

interface Listed {
  summary: string;
  load: () => Promise<{ command: Define }>;
}

const COMMANDS: Record<string, Listed> = {
  init: { summary: 'set Moby up', load: () => import('./commands/init.ts') },
  up: { summary: 'start Moby', load: () => import('./commands/up.ts') },
  down: { summary: 'stop Moby', load: () => import('./commands/down.ts') },
  restart: { summary: 'restart Moby, or one part of him', load: () => import('./commands/restart.ts') },
  service: {
    summary: 'start Moby after a reboot, in local mode',
    load: () => import('./commands/service.ts'),
  },
  status: { summary: 'show how Moby is', load: () => import('./commands/status.ts') },
  logs: { summary: 'show what the parts log', load: () => import('./commands/logs.ts') },
  run: { summary: 'ask Moby once; the answer goes to stdout', load: () => import('./commands/run.ts') },
  open: { summary: 'show Moby in the browser', load: () => import('./commands/open.ts') },
  chat: { summary: 'talk with Moby', load: () => import('./commands/chat.ts') },
  questions: {
    summary: 'what Moby asks you, and your answers',
    load: () => import('./commands/questions.ts'),
  },
  memory: {
    summary: 'read, search and edit what Moby remembers',
    load: () => import('./commands/memory.ts'),
  },
  forget: {
    summary: 'remove a phrase, a conversation, a person or a time for good',
    load: () => import('./commands/forget.ts'),
  },
  history: { summary: 'read and search conversations', load: () => import('./commands/history.ts') },
  sessions: { summary: 'list, reset and stop conversations', load: () => import('./commands/sessions.ts') },
  token: { summary: 'manage tokens for the HTTP API', load: () => import('./commands/token.ts') },
  usage: { summary: 'what his thinking costs; the budget', load: () => import('./commands/usage.ts') },
  channels: {
    summary: 'messengers: how they are connected, who may talk to Moby',
    load: () => import('./commands/channels.ts'),
  },
  cron: { summary: 'reminders and recurring tasks', load: () => import('./commands/cron.ts') },
  heartbeat: {
    summary: 'when Moby wakes by himself, and what he found',
    load: () => import('./commands/heartbeat.ts'),
  },
  hooks: { summary: 'let other programs start turns', load: () => import('./commands/hooks.ts') },
  mcp: { summary: 'connect other assistants to Moby', load: () => import('./commands/mcp.ts') },
  workspace: { summary: 'the folders that Moby may work in', load: () => import('./commands/workspace.ts') },
  skills: { summary: 'what Moby knows how to do beyond himself', load: () => import('./commands/skills.ts') },
  egress: { summary: 'what Moby may reach outside', load: () => import('./commands/egress.ts') },
  exec: { summary: 'run a program in a container', load: () => import('./commands/exec.ts') },
  backup: { summary: 'put all that Moby is into one file', load: () => import('./commands/backup.ts') },
  restore: { summary: 'bring a backup back', load: () => import('./commands/restore.ts') },
  upgrade: {
    summary: 'change to the version of this checkout, or back',
    load: () => import('./commands/upgrade.ts'),
  },
  completion: {
    summary: 'print completion for bash, zsh or fish',
    load: () => import('./commands/completion.ts'),
  },
  doctor: { summary: 'check that everything is as it should be', load: () => import('./commands/doctor.ts') },
  version: { summary: 'print the version', load: () => import('./commands/version.ts') },
};

export async function main(args: string[], version: string): Promise<void> {
  const terminal = processTerminal();
  // Timers of lib/clock do not keep a process alive; a command that only waits must not end for that.
  const alive = setInterval(() => undefined, 2 ** 30);
  logWarnings({ warn: () => undefined }); // none that the owner could do anything about
  process.on('uncaughtException', (error) => process.exit(report(terminal, error)));
  endWithOutput(terminal);
  const load = async (): Promise<Context> => {
    const { Context } = await import('./context.ts');
    return new Context({ terminal, checkout: findCheckout(), version });
  };
  const code = await runReported(args, { terminal, version, load });
  clearInterval(alive);
  process.exitCode = code;
  terminal.stdin.destroy();
}

export interface Program {
  terminal: Terminal;
  version: string;
  /** Loaded for a command only: help needs neither settings nor HTTP. */
  load: () => Promise<Context>;
}

/** @returns the exit code of the command; what went wrong is told at the terminal */
export async function runReported(args: string[], program: Program): Promise<number> {
  try {
    return await runCommand(args, program);
  } catch (error) {
    return report(program.terminal, error);
  }
}

/** @returns the exit code of the command; help and wrong use included */
export async function runCommand(args: string[], { terminal, version, load }: Program): Promise<number> {
  let code: number = EXIT.ok;
  const program = new Command('mobyclaw')
    .description('Moby, your personal AI agent. Start him with "up", ask him with "run", talk with "chat".')
    .version(version, '-V, --version')
    .showHelpAfterError('(mobyclaw --help shows how)')
    .enablePositionalOptions() // what follows the command of `exec` is that command's own
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    });
  const wanted = args.find((arg) => !arg.startsWith('-'));
  const asked = wanted === 'help' ? args.filter((arg) => !arg.startsWith('-'))[1] : wanted;
  for (const [name, { summary, load: loadCommand }] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(summary);
    if (name !== asked) continue;
    const { command: define } = await loadCommand();
    define(command, await load(), (result) => {
      code = result;
    });
    refuseUnknown(command, args[args.indexOf(name) + 1]);
  }
  try {
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(withWordsApart(program, args), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.unknownOption')
      say(
        terminal,
        `Words that begin with a dash go behind --, such as: mobyclaw ${asked ?? 'run'} -- "-5 degrees"`,
      );
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return code;
}

/**
 * A word that names no subcommand would be taken for an argument of the default one, and commander would complain of that.
 * @throws UsageError naming those there are
 */
function refuseUnknown(command: Command, word: string | undefined): void {
  const known = command.commands.map((subcommand) => subcommand.name());
  if (known.length === 0 || command.registeredArguments.length > 0) return;
  if (word === undefined || word.startsWith('-')) return;
  if (word === 'help' || known.includes(word)) return;
  throw new UsageError(`There is no "${command.name()} ${word}". There are: ${known.join(', ')}.`);
}

/**
 * What no option can be, such as "-5 degrees", is a word: from there on nothing is an option, unless one follows.
 * @returns the arguments, with `--` where the words begin
 */
function withWordsApart(program: Command, args: readonly string[]): string[] {
  if (args.includes('--')) return [...args];
  const at = args.findIndex(
    (arg, index) => /^-.*\s|^-\d/s.test(arg) && !takesValue(program, args[index - 1]),
  );
  if (at === -1 || args.slice(at + 1).some((arg) => arg.startsWith('-') && !/^-.*\s|^-\d/s.test(arg)))
    return [...args];
  return [...args.slice(0, at), '--', ...args.slice(at)];
}

function takesValue(command: Command, arg: string | undefined): boolean {
  if (arg === undefined || !arg.startsWith('-')) return false;
  return (
    command.options.some(({ short, long, required }) => required && (arg === short || arg === long)) ||
    command.commands.some((subcommand) => takesValue(subcommand, arg))
  );
}

/** The program with every command in it, for what is made from all of them. */
export async function fullProgram(context: Context): Promise<Command> {
  const program = new Command('mobyclaw').enablePositionalOptions();
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(summary);
    (await load()).command(command, context, () => undefined);
  }
  return program;
}

/** Tells the owner what went wrong. What nobody foresaw comes with its stack, for a report. */
function report(terminal: Terminal, error: unknown): ExitCode {
  if (error instanceof CliError) {
    say(terminal, `mobyclaw: ${error.message}`);
    return error.exitCode;
  }
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EPIPE') return EXIT.ok; // of a pipe that is written at once, without an event
  if (code === 'ENOSPC' || code === 'EDQUOT' || (code === 'EIO' && syscall === 'write')) {
    say(
      terminal,
      `mobyclaw: what is to be written cannot be: ${(error as Error).message}. Make room, then try again.`,
    );
    return EXIT.failure;
  }
  const disk = diskProblem(error);
  if (disk !== null) {
    say(terminal, `mobyclaw: ${disk}`);
    return EXIT.failure;
  }
  say(
    terminal,
    `mobyclaw: unexpected error, please report it.\n${error instanceof Error ? error.stack : String(error)}`,
  );
  return EXIT.failure;
}

/**
 * `mobyclaw logs | head` closes the pipe early: the reader has what he wanted, and a turn goes on without us. An output
 * that cannot be written for another reason, such as a full disk, is a failure.
 */
function endWithOutput({ stdout, stderr }: Terminal): void {
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXIT.ok);
      if (stream === stderr) process.exit(EXIT.failure); // nowhere to say it
      throw error;
    });
  }
}

/** @returns the folder with the launcher, above `dist/` or `cli/src/` */
function findCheckout(): string {
  const script = realpathSync(process.argv[1] ?? '.');
  for (let folder = dirname(script); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'mobyclaw')) && existsSync(join(folder, 'package-lock.json'))) return folder;
  }
  throw new CliError(`${script} is not inside a Mobyclaw checkout. Run the launcher ./mobyclaw there.`);
}
