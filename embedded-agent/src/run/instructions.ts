/**
 * What the model is told before the conversation: instruction, toolset instructions, then what changes from call to
 * call (date, environment, prompt files). Made anew for every model call, so that an edit of MEMORY.md counts at once.
 */
import { existsSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { Clock } from '@mobyclaw/lib/clock';
import type { AgentConfig } from '../soul/schema.ts';

export interface InstructionsContext {
  agent: AgentConfig;
  /** What a sub-agent was asked to do; first, as in cagent. */
  task?: string | undefined;
  toolsetInstructions: readonly string[];
  workingDir: string;
  home: string | undefined;
  clock: Clock;
}

export interface Instructions {
  /** Same text as long as soul.yaml is the same: a provider may cache it. */
  stable: string;
  changing: string;
}

export async function buildInstructions(context: InstructionsContext): Promise<Instructions> {
  const { agent, task = '', toolsetInstructions, workingDir, clock } = context;
  const changing: string[] = [];
  if (agent.add_date) changing.push(`Today's date: ${localDate(new Date(clock.now()))}`);
  if (agent.add_environment_info) changing.push(await environmentInfo(workingDir));
  for (const name of agent.add_prompt_files ?? []) changing.push(...promptFiles(name, context));
  return {
    stable: join2([task, agent.instruction ?? '', ...toolsetInstructions]),
    changing: join2(changing),
  };
}

function join2(parts: readonly string[]): string {
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join('\n\n');
}

function localDate(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

async function environmentInfo(workingDir: string): Promise<string> {
  const isGit = await stat(join(workingDir, '.git')).then(
    () => true,
    () => false,
  );
  return (
    'Here is useful information about the environment you are running in:\n<env>\n' +
    `Working directory: ${workingDir}\nIs directory a git repo: ${isGit ? 'Yes' : 'No'}\n` +
    `Operating System: ${process.platform}\nCPU Architecture: ${process.arch}\n</env>`
  );
}

/** The nearest file of that name from the working directory upwards, and the one in the home directory. */
function promptFiles(name: string, { workingDir, home }: InstructionsContext): string[] {
  if (isAbsolute(name)) return present([readIfThere(name)]);
  const found: Array<string | null> = [];
  let foundAt: string | null = null;
  for (let folder = workingDir; ; folder = dirname(folder)) {
    const path = join(folder, name);
    const text = readIfThere(path);
    if (text !== null) {
      found.push(text);
      foundAt = path;
      break;
    }
    if (folder === dirname(folder)) break;
  }
  if (home && join(home, name) !== foundAt) found.push(readIfThere(join(home, name)));
  return present(found);
}

function present(texts: ReadonlyArray<string | null>): string[] {
  return texts.filter((text) => text !== null);
}

function readIfThere(path: string): string | null {
  if (!existsSync(path)) return null; // an error costs more than the question, and most of them are not there
  try {
    return readFileSync(path, 'utf8'); // small and on this machine's disk: to do it beside takes ten times as long
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'EACCES') return null;
    throw error;
  }
}
