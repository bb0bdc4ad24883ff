/**
 * One run of ripgrep as a child process: fixed options, the pattern never mistaken for one, an environment of PATH alone,
 * a bound on time, matches and bytes. It only finds candidates: what it names is opened and compared by `search.ts`.
 */
import { spawn } from 'node:child_process';
import { ToolError } from '@mobyclaw/mcp/tool';
import * as z from 'zod';

const MAX_MESSAGE_BYTES = 256 * 1024; // a match in a longer line is counted, not shown
const MAX_STDERR_BYTES = 4_096;

/** Content of a string as ripgrep writes it: base64 where it is not UTF-8. */
const textSchema = z.union([
  z.object({ text: z.string() }).transform(({ text }) => Buffer.from(text)),
  z.object({ bytes: z.string() }).transform(({ bytes }) => Buffer.from(bytes, 'base64')),
]);

/** https://docs.rs/grep-printer/latest/grep_printer/struct.JSON.html#message-match */
const matchSchema = z.object({
  type: z.literal('match'),
  data: z.object({
    path: textSchema,
    lines: textSchema,
    line_number: z.int(),
    absolute_offset: z.int(),
    submatches: z.array(z.object({ start: z.int() })),
  }),
});

export interface Candidate {
  /** Below the folder in which ripgrep ran. */
  path: string;
  line: number;
  /** Bytes from the start of the file to the line. */
  offset: number;
  /** The line with its line end. */
  bytes: Buffer;
  /** Bytes from the start of the line to the match. */
  column: number;
}

export interface RipgrepOptions {
  pattern: string;
  regex: boolean;
  ignoreCase: boolean;
  glob: string | undefined;
  /** Where to run, and what to search below it. */
  cwd: string;
  target: string;
  maxMatches: number;
  timeoutMs: number;
  /** Ends the run when the server stops. */
  signal: AbortSignal;
}

export interface RipgrepResult {
  candidates: Candidate[];
  /** Matches in lines that are too long to show. */
  tooLong: number;
  /** Why it was ended before its time. */
  cut: 'matches' | 'time' | null;
}

/** @throws ToolError where ripgrep is not there or does not take the pattern */
export async function ripgrep(options: RipgrepOptions): Promise<RipgrepResult> {
  const child = spawn('rg', argumentsFor(options), {
    cwd: options.cwd,
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: options.signal,
    killSignal: 'SIGKILL',
  });
  const result: RipgrepResult = { candidates: [], tooLong: 0, cut: null };
  const stop = (why: 'matches' | 'time'): void => {
    result.cut ??= why;
    child.kill('SIGKILL');
  };
  const timer = setTimeout(stop, options.timeoutMs, 'time');
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < MAX_STDERR_BYTES) stderr += chunk.toString();
  });
  const messages = messageReader((message) => {
    if (result.cut !== null) return;
    if (message === null) result.tooLong++;
    else result.candidates.push(message);
    if (result.candidates.length >= options.maxMatches) stop('matches');
  });
  child.stdout.on('data', messages);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    // 2 is an error; files that could not be read are one too, but are not named (--no-messages).
    if (code === 2 && stderr !== '') throw new ToolError(`The search was not understood. ${stderr.trim()}`);
    return result;
  } catch (error) {
    throw startProblem(error);
  } finally {
    clearTimeout(timer);
  }
}

function argumentsFor({ pattern, regex, ignoreCase, glob, target }: RipgrepOptions): string[] {
  return [
    '--no-config',
    '--json',
    '--no-messages',
    '--sort=path', // the same answer each time, so that a cut one can be narrowed
    '--no-follow',
    '--hidden',
    '--no-require-git', // a workspace may be a part of a repository
    '--no-ignore-global',
    '--encoding=none', // offsets are those of the file's own bytes
    '--max-filesize=20M',
    ...(regex ? [] : ['--fixed-strings']),
    ignoreCase ? '--ignore-case' : '--case-sensitive',
    ...(glob === undefined ? [] : [`--glob=${glob}`]),
    '--glob=!.git', // the last one wins
    `--regexp=${pattern}`,
    '--',
    target,
  ];
}

/** Cuts ripgrep's output into messages; gives a match, or null for one that is too long. */
function messageReader(onMatch: (candidate: Candidate | null) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let bytes = 0;
  const end = (): void => {
    const tooLong = bytes > MAX_MESSAGE_BYTES;
    const message = Buffer.concat(parts);
    parts = [];
    bytes = 0;
    if (!message.subarray(0, 16).equals(Buffer.from('{"type":"match",'))) return;
    onMatch(tooLong ? null : candidate(message));
  };
  return (chunk) => {
    let start = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, start)) {
      add(chunk.subarray(start, at));
      end();
      start = at + 1;
    }
    add(chunk.subarray(start));
  };
  function add(part: Buffer): void {
    if (bytes <= MAX_MESSAGE_BYTES) parts.push(part);
    bytes += part.length;
  }
}

function candidate(message: Buffer): Candidate {
  const { data } = matchSchema.parse(JSON.parse(message.toString()));
  return {
    path: data.path.toString(),
    line: data.line_number,
    offset: data.absolute_offset,
    bytes: data.lines,
    column: data.submatches[0]?.start ?? 0,
  };
}

function startProblem(error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && syscall?.startsWith('spawn')) {
    return new ToolError(
      'Searching needs ripgrep (rg), which is not installed where the workspace server runs. Tell the owner: `apt-get install ripgrep`, `brew install ripgrep` or the like. Until then use workspace_list and workspace_read.',
    );
  }
  if (code === 'ABORT_ERR') return new ToolError('The server is stopping. Search again in a moment.');
  return error;
}
