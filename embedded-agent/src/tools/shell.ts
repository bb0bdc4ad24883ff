/**
 * Shell commands in a process group of their own, so that a cancelled or overdue one takes its children with it.
 */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { cutText } from '@mobyclaw/lib/cut-text';
import * as z from 'zod';
import { type AgentTool, builtInTool, type ToolContext } from './tool.ts';

const DEFAULT_TIMEOUT_S = 30;
const MAX_OUTPUT_CHARS = 30_000;

/** @param environment what a command of this run sees; asked for each, and what it throws is the tool's answer */
export function shellTools(
  environment: (context: Pick<ToolContext, 'headers'>) => Record<string, string>,
): AgentTool[] {
  return [
    builtInTool({
      name: 'shell',
      category: 'shell',
      title: 'Shell',
      description:
        'Executes the given shell command in the user’s default shell and returns what it prints. A command that ' +
        'does not end within its timeout is stopped with everything it started.',
      input: z.strictObject({
        cmd: z.string().min(1).describe('The shell command to execute'),
        cwd: z.string().optional().describe('The working directory to execute the command in (default: ".")'),
        timeout: z.int().positive().max(3600).optional().describe('Timeout in seconds (default: 30)'),
      }),
      run: ({ cmd, cwd, timeout }, context) =>
        runCommand(
          cmd,
          resolve(context.workingDir, cwd ?? '.'),
          timeout ?? DEFAULT_TIMEOUT_S,
          context,
          environment(context),
        ),
    }),
  ];
}

function runCommand(
  command: string,
  cwd: string,
  timeoutS: number,
  { signal }: ToolContext,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  signal.throwIfAborted();
  return new Promise((done, fail) => {
    const shell = env.SHELL ?? '/bin/sh';
    const child = spawn(shell, ['-c', command], {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = new OutputBuffer();
    let overdue = false;
    const kill = (): void => killGroup(child.pid);
    const timer = setTimeout(() => {
      overdue = true;
      kill();
    }, timeoutS * 1000);
    signal.addEventListener('abort', kill, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', kill);
    };
    // Each pipe has its own decoder: a character may come in two pieces, with the other pipe's between them.
    for (const pipe of [child.stdout, child.stderr]) {
      pipe.setEncoding('utf8').on('data', (piece: string) => output.add(piece));
    }
    child.on('error', (error) => {
      settle();
      fail(new Error(`cannot run the command in ${cwd}: ${error.message}`));
    });
    child.on('close', (code, killedBy) => {
      settle();
      if (signal.aborted) return fail(signal.reason);
      const text = output.text();
      if (overdue) return done(`Command timed out after ${timeoutS}s\nOutput: ${text}`);
      if (code === 0) return done(text);
      const end = killedBy ? `killed by ${killedBy}` : `exit status ${code}`;
      done(`Error executing command: ${end}\nOutput: ${text}`);
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // ESRCH: it has already ended
  }
}

/** Keeps the first part of what a command prints, and counts the rest. */
class OutputBuffer {
  #text = '';
  #dropped = 0;

  add(text: string): void {
    const kept = this.#dropped > 0 ? '' : cutText(text, MAX_OUTPUT_CHARS - this.#text.length);
    this.#text += kept;
    this.#dropped += text.length - kept.length;
  }

  text(): string {
    const text = this.#text.trimEnd();
    return this.#dropped > 0 ? `${text}\n[${this.#dropped} more characters cut]` : text;
  }
}
