/**
 * The questions of init, over the terminal's own streams: on stderr, since stdout is for answers. Ctrl-C, or an input
 * that ends, leaves with nothing written.
 */
import { Writable } from 'node:stream';
import { checkbox, confirm, input, password, select } from '@inquirer/prompts';
import { CliError, EXIT } from '../cli-error.ts';
import { say, styled, type Terminal } from '../terminal.ts';

export interface Choice<T> {
  value: T;
  name: string;
  description?: string;
  checked?: boolean;
}

export class Ask {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  heading(text: string): void {
    say(this.#terminal, `\n${styled(this.#terminal, 'stderr', 'bold', text)}`);
  }

  note(...lines: readonly string[]): void {
    for (const line of lines) say(this.#terminal, `  ${line}`);
  }

  choose<const T>(message: string, choices: readonly Choice<T>[], preset?: NoInfer<T>): Promise<T> {
    return this.#run((context) =>
      select<T>({ message, choices, ...(preset !== undefined && { default: preset }), loop: false }, context),
    );
  }

  chooseAny<const T>(message: string, choices: readonly Choice<T>[]): Promise<T[]> {
    return this.#run((context) => checkbox<T>({ message, choices, loop: false }, context));
  }

  yes(message: string, preset: boolean): Promise<boolean> {
    return this.#run((context) => confirm({ message, default: preset }, context));
  }

  /** @param problem says what is wrong with a value, or null */
  text(
    message: string,
    preset = '',
    problem: (value: string) => string | null | Promise<string | null> = () => null,
  ): Promise<string> {
    const validate = async (value: string): Promise<true | string> => (await problem(value.trim())) ?? true;
    return this.#run(async (context) =>
      (await input({ message, ...(preset !== '' && { default: preset }), validate }, context)).trim(),
    );
  }

  /** Not shown as it is typed. */
  async secret(message: string, problem: (value: string) => string | null): Promise<string> {
    const validate = (value: string): true | string => problem(value.trim()) ?? true;
    return this.#run(async (context) => (await password({ message, mask: '*', validate }, context)).trim());
  }

  async #run<T>(prompt: (context: PromptContext) => Promise<T>): Promise<T> {
    const { stdin, stderr } = this.#terminal;
    const ended = new AbortController();
    const onEnd = (): void => ended.abort();
    stdin.once('end', onEnd);
    try {
      return await prompt({ input: stdin, output: forwarding(stderr), signal: ended.signal });
    } catch (error) {
      if (error instanceof Error && (error.name === 'ExitPromptError' || error.name === 'AbortPromptError')) {
        throw new CliError('Left off. Nothing was changed.', { exitCode: EXIT.interrupted, cause: error });
      }
      throw error;
    } finally {
      stdin.off('end', onEnd);
    }
  }
}

/**
 * A prompt ends the stream that it writes to, and the terminal's is needed for longer. Each piece goes on at once, without
 * waiting for the one before: what waited here would be overtaken by what is written to the terminal beside it.
 */
function forwarding(target: Terminal['stderr']): Writable {
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      target.write(chunk);
      done();
    },
  });
  return Object.assign(stream, { isTTY: target.isTTY, columns: target.columns });
}

interface PromptContext {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  signal: AbortSignal;
}
