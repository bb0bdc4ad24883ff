/**
 * The line that the owner types, on node:readline. While an answer is written, the editor stays silent and keeps what is
 * typed; it shows again when the prompt comes back.
 */
import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Keys } from '../questions/terminal-questions.ts';
import type { Terminal } from '../terminal.ts';
import { PASTE_OFF, PASTE_ON, PasteFilter, unescapePaste } from './paste-filter.ts';

export interface LineInputOptions {
  terminal: Terminal;
  prompt: string;
  /** Newest first. */
  history: string[];
  /** @param raw the line as the editor has it, for the history file */
  onLine: (text: string, raw: string) => void;
  onInterrupt: () => void;
  onClose: () => void;
}

export class LineInput {
  readonly #terminal: Terminal;
  readonly #editor: Interface;
  readonly #gate: Gate;
  readonly #interactive: boolean;
  readonly #filter: PasteFilter;
  #closed = false;

  constructor({ terminal, prompt, history, onLine, onInterrupt, onClose }: LineInputOptions) {
    this.#terminal = terminal;
    this.#interactive = terminal.stdin.isTTY === true && terminal.stdout.isTTY === true;
    this.#gate = new Gate(terminal.stdout);
    this.#filter = new PasteFilter(terminal.stdin);
    this.#editor = createInterface({
      input: this.#interactive ? terminal.stdin.pipe(this.#filter) : terminal.stdin,
      ...(this.#interactive && { output: this.#gate }),
      terminal: this.#interactive,
      prompt: this.#interactive ? prompt : '',
      history,
      historySize: 1000,
      removeHistoryDuplicates: true,
    });
    if (this.#interactive) terminal.stdout.write(PASTE_ON);
    this.#editor.on('line', (line) => onLine(this.#interactive ? unescapePaste(line) : line, line));
    this.#editor.on('SIGINT', onInterrupt);
    this.#editor.on('close', () => {
      if (this.#interactive) terminal.stdout.write(PASTE_OFF);
      this.#closed = true;
      onClose();
    });
  }

  get isEmpty(): boolean {
    return this.#editor.line === '';
  }

  get interactive(): boolean {
    return this.#interactive;
  }

  /** Shows the prompt, with what has been typed meanwhile. */
  show(): void {
    this.#gate.open = true;
    if (this.#interactive && !this.#closed) this.#editor.prompt(true);
  }

  hide(): void {
    this.#gate.open = false;
  }

  /** Lets `write` write where the prompt stands, and shows the prompt again below it, with what has been typed. */
  above(write: () => void): void {
    const typed = this.#editor.line;
    this.clear();
    this.#terminal.stdout.write('\r\x1b[K');
    write();
    this.show();
    if (typed !== '') this.#editor.write(typed);
  }

  /** Where the keys of a question come from while the editor is silent; null where nobody types. */
  get keys(): Keys | null {
    if (!this.#interactive) return null;
    return {
      capture: (take) => {
        this.#filter.tap = (text) => take(unescapePaste(text));
        return () => {
          this.#filter.tap = null;
        };
      },
    };
  }

  /** Ctrl-U: what has been typed is thrown away. */
  clear(): void {
    this.#editor.write(null, { ctrl: true, name: 'e' });
    this.#editor.write(null, { ctrl: true, name: 'u' });
  }

  close(): void {
    this.#gate.open = true;
    if (!this.#closed) this.#editor.close();
    this.#terminal.stdin.unpipe?.();
  }
}

/** The editor's way to the terminal, which can be shut. */
class Gate extends Writable {
  readonly #out: Terminal['stdout'];
  open = true;

  constructor(out: Terminal['stdout']) {
    super({ decodeStrings: false });
    this.#out = out;
    out.on('resize', () => this.emit('resize'));
  }

  get isTTY(): boolean {
    return this.#out.isTTY === true;
  }

  get columns(): number | undefined {
    return this.#out.columns;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.open) this.#out.write(chunk);
    done();
  }
}
