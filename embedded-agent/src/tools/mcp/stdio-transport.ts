/**
 * MCP over the standard input and output of a program that is started here, for the SDK's client. Ours, because a call
 * must end with the program (also where what it started still holds its output open), and because what it said on its
 * way out is the only reason that the owner can be told.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { type Clock, pause } from '@mobyclaw/lib/clock';
import { LastLines } from '@mobyclaw/lib/last-lines';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { McpConnectionError } from './connection-error.ts';
import { asMessage } from './message.ts';

const LAST_WORDS_MS = 200; // between the end of a program and that of its output
const END_MS = 2_000; // a program may take this long to end after its input has ended
const SHOWN_LINES = 5;
const SHOWN_CHARS = 300;
const MOST_LINE_BYTES = 32 * 1024 * 1024; // a result of this size is a fault; it is cut to far less anyway

export interface McpStdioTransportOptions {
  command: string;
  args: readonly string[];
  env: Record<string, string>;
  cwd: string;
  clock: Clock;
}

export class McpStdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #options: McpStdioTransportOptions;
  readonly #open = new Map<RequestId, (error: Error) => void>();
  readonly #said = new LastLines(SHOWN_LINES, SHOWN_CHARS);
  readonly #ended = Promise.withResolvers<void>();
  #child: ChildProcessWithoutNullStreams | null = null;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(options: McpStdioTransportOptions) {
    this.#options = options;
  }

  /** What the program wrote last beside its messages, for a person; empty where it wrote nothing. */
  get lastWords(): string {
    const { lines } = this.#said;
    return lines.length === 0 ? '' : ` It last wrote: ${lines.join(' | ')}`;
  }

  /** @throws Error where the program cannot be started */
  async start(): Promise<void> {
    const { command, args, env, cwd } = this.#options;
    // A process group of its own: what it starts ends with it.
    const child = spawn(command, [...args], { env, cwd, detached: true, stdio: 'pipe' });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => {
        this.#ended.resolve();
        reject(new McpConnectionError(`cannot start ${command}: ${error.message}`, { cause: error }));
      });
    });
    child.on('error', (error) => this.onerror?.(error));
    child.stdin.on('error', (error) => this.onerror?.(error)); // it has ended; `exit` tells
    child.stderr.on('data', (piece: Buffer) => this.#said.push(piece));
    child.stdout.on('data', (piece: Buffer) => this.#output(piece));
    let gone = false;
    const leave = (): void => {
      if (gone) return;
      gone = true;
      const { exitCode, signalCode } = child;
      const how = signalCode ? `was ended by ${signalCode}` : `ended with exit status ${exitCode}`;
      this.#leave(new McpConnectionError(`the server's program ${how}.${this.lastWords}`));
      child.stdout.destroy();
      child.stderr.destroy();
    };
    child.once('close', leave);
    child.once('exit', () => {
      this.#ended.resolve();
      this.#options.clock.after(LAST_WORDS_MS, leave);
    });
  }

  /** Of a request it settles with its answer. @throws McpConnectionError where the program ends before */
  async send(message: JSONRPCMessage): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) {
      throw new McpConnectionError(`the server's program has ended.${this.lastWords}`);
    }
    const line = `${JSON.stringify(message)}\n`;
    if (!('method' in message && 'id' in message)) {
      child.stdin.write(line);
      return;
    }
    const { id } = message;
    await new Promise<void>((resolve, reject) => {
      this.#open.set(id, (error) => (error instanceof Answered ? resolve() : reject(error)));
      child.stdin.write(line);
    });
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = null;
    this.#leave(new McpConnectionError('the connection was closed'));
    child.stdin.end();
    await Promise.race([this.#ended.promise, pause(this.#options.clock, END_MS)]);
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // all of it has ended
    }
  }

  #leave(error: McpConnectionError): void {
    for (const settle of this.#open.values()) settle(error);
    this.#open.clear();
    setImmediate(() => this.onclose?.()); // calls end with the reason, before the client ends them without one
  }

  #output(piece: Buffer): void {
    let start = 0;
    for (let end = piece.indexOf(10); end !== -1; end = piece.indexOf(10, start)) {
      const line = Buffer.concat([...this.#pieces, piece.subarray(start, end)]);
      this.#pieces = [];
      this.#bytes = 0;
      this.#line(line);
      start = end + 1;
    }
    if (start === piece.length) return;
    this.#bytes += piece.length - start;
    this.#pieces.push(piece.subarray(start));
    if (this.#bytes <= MOST_LINE_BYTES) return;
    this.#leave(new McpConnectionError(`the server sent a message of more than ${MOST_LINE_BYTES} bytes`));
    void this.close();
  }

  /** Programs that print to their output what belongs on the error output are common; it is kept with that. */
  #line(line: Buffer): void {
    const message = messageIn(line);
    if (message === null) {
      this.#said.push(Buffer.concat([line, Buffer.from('\n')]));
      return;
    }
    this.onmessage?.(message);
    if ('method' in message || !('id' in message) || message.id === undefined) return;
    this.#open.get(message.id)?.(new Answered());
    this.#open.delete(message.id);
  }
}

class Answered extends Error {}

function messageIn(line: Buffer): JSONRPCMessage | null {
  try {
    return asMessage(JSON.parse(line.toString('utf8')));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
