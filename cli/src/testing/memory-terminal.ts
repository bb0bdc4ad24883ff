/** A terminal made of streams: what is typed is written to `stdin`, what is shown is read from `out` and `err`. */
import { PassThrough, Writable } from 'node:stream';
import type { Terminal } from '../terminal.ts';

export interface MemoryTerminal extends Terminal {
  stdin: PassThrough & { isTTY?: boolean };
  /** All of it in the order written, as a person sees both. */
  readonly screen: string;
  readonly out: string;
  readonly err: string;
}

export function memoryTerminal(tty: boolean): MemoryTerminal {
  let screen = '';
  let out = '';
  let err = '';
  const sink = (note: (text: string) => void): Writable & { isTTY?: boolean; columns?: number } =>
    Object.assign(
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          note(chunk.toString('utf8'));
          screen += chunk.toString('utf8');
          done();
        },
      }),
      tty ? { isTTY: true, columns: 80 } : {},
    );
  return {
    stdin: Object.assign(new PassThrough(), tty ? { isTTY: true } : {}),
    stdout: sink((text) => {
      out += text;
    }),
    stderr: sink((text) => {
      err += text;
    }),
    env: { NO_COLOR: '1' },
    get screen() {
      return screen;
    },
    get out() {
      return out;
    },
    get err() {
      return err;
    },
  };
}
