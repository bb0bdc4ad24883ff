/**
 * A conversation in the terminal: reads lines, sends them, shows the answers in order. Messages may be typed while an
 * answer is written. Ctrl-C stops the answer that is shown; a second one, or one at an empty prompt, leaves. A turn that
 * is left goes on in the gateway.
 */
import type { NumberedEvent } from '@mobyclaw/protocol/events';
import { type PromptRequest, promptRequestSchema } from '@mobyclaw/protocol/prompt';
import type { MessageView } from '@mobyclaw/protocol/session';
import { checked, promptField } from '../checked.ts';
import { CliError, EXIT, type ExitCode, UsageError } from '../cli-error.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { renderMessage } from '../messages.ts';
import { TerminalQuestions } from '../questions/terminal-questions.ts';
import { RunningTurn } from '../running-turn.ts';
import { print, printable, say, styled, type Terminal } from '../terminal.ts';
import { TurnDisplay } from '../turn-display.ts';
import type { UnconfirmedMessages } from '../unconfirmed-messages.ts';
import { chatCommand } from './chat-commands.ts';
import type { ChatHistory } from './chat-history.ts';
import { ConversationWatch, WATCH_EVERY_MS } from './conversation-watch.ts';
import { LineInput } from './line-input.ts';
import { QueuedTurn } from './turn-queue.ts';

export interface ChatOptions {
  terminal: Terminal;
  gateway: GatewayClient;
  session: string;
  history: ChatHistory;
  unconfirmed: UnconfirmedMessages;
  comesBack: () => boolean;
  timeZone: string;
  /** How often the conversation is looked at for what comes from elsewhere, in milliseconds. */
  watchEveryMs?: number;
}

export class Chat {
  readonly #options: ChatOptions;
  readonly #left = Promise.withResolvers<ExitCode>();
  readonly #leaving = new AbortController();
  readonly #queue: QueuedTurn[] = [];
  #input: LineInput | undefined;
  #lastAccepted: Promise<void> = Promise.resolve();
  #shown: { turn: QueuedTurn; display: TurnDisplay } | null = null;
  #interrupted = false;
  #inputEnded = false;
  #failed = false;
  /** Lines that ended in a backslash. */
  #begun: string[] = [];
  #commands = 0;
  /** Turns of this chat. */
  readonly #own: RunningTurn[] = [];
  /** What came from elsewhere while an answer was written. */
  readonly #waiting: MessageView[] = [];

  constructor(options: ChatOptions) {
    this.#options = options;
  }

  /** Resolves when the owner leaves, or when the input has ended and every message is answered. */
  async run(): Promise<ExitCode> {
    const { terminal, history } = this.#options;
    this.#input = new LineInput({
      terminal,
      prompt: styled(terminal, 'stdout', 'bold', '› '),
      history: await history.load(),
      onLine: (text, raw) => this.#onLine(text, raw),
      onInterrupt: () => this.interrupt(),
      onClose: () => {
        // Ctrl-D leaves the cursor behind the prompt.
        if (this.#input?.interactive && !this.#shown && !this.#leaving.signal.aborted) say(terminal, '');
        this.#inputEnded = true;
        this.#leaveWhenDone();
      },
    });
    this.#input.show();
    const watch = this.#watch();
    if (this.#input.interactive) watch.start();
    try {
      return await this.#left.promise;
    } finally {
      watch.stop();
      this.#leaving.abort();
      this.#input.close();
    }
  }

  /** Ctrl-C. */
  interrupt(): void {
    if (this.#shown && this.#interrupted) {
      this.#leave(EXIT.interrupted);
    } else if (this.#shown) {
      this.#interrupted = true;
      this.#shown.display.note('Stopping… (Ctrl-C again to leave)');
      this.#shown.turn.turn.cancel();
    } else if (this.#begun.length > 0 || this.#input?.isEmpty === false) {
      this.#begun = [];
      this.#input?.clear();
      this.#input?.show();
    } else {
      if (this.#input?.interactive) say(this.#options.terminal, '');
      this.#leave(EXIT.ok);
    }
  }

  #watch(): ConversationWatch {
    const { gateway, session, watchEveryMs = WATCH_EVERY_MS } = this.#options;
    return new ConversationWatch({
      gateway,
      session,
      clock: gateway.clock,
      everyMs: watchEveryMs,
      onMessages: (messages) => {
        this.#waiting.push(...messages);
        if (!this.#shown && !this.#leaving.signal.aborted) this.#input?.above(() => this.#showWaiting());
      },
    });
  }

  /** What was said in turns of this chat stands here already. */
  #showWaiting(): void {
    const { terminal, timeZone } = this.#options;
    for (const message of this.#waiting.splice(0)) {
      const isOwn = message.role === 'marker' || this.#own.some(({ id }) => id === message.turn);
      if (!isOwn) print(terminal, renderMessage(terminal, message, timeZone));
    }
  }

  #onLine(text: string, raw: string): void {
    if (this.#input?.interactive && raw.trim() !== '') this.#options.history.add(raw);
    if (text.endsWith('\\')) {
      this.#begun.push(text.slice(0, -1));
      this.#prompt();
      return;
    }
    const whole = [...this.#begun.splice(0), text].join('\n');
    const command = chatCommand(whole);
    if (whole.trim() === '') this.#prompt();
    else if (command) void this.#runCommand(command);
    else this.#send(whole);
  }

  async #runCommand(command: NonNullable<ReturnType<typeof chatCommand>>): Promise<void> {
    this.#commands++;
    try {
      await command({
        gateway: this.#options.gateway,
        session: this.#options.session,
        say: (text) => this.#note(text),
        leave: () => this.#leave(EXIT.ok),
      });
    } catch (error) {
      if (!(error instanceof CliError)) return this.#left.reject(error);
      this.#note(error.message);
    }
    this.#commands--;
    this.#prompt();
    this.#leaveWhenDone();
  }

  #send(prompt: string): void {
    const { gateway, session, unconfirmed, comesBack } = this.#options;
    let request: PromptRequest;
    try {
      request = checked(promptRequestSchema, { prompt, session }, promptField);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#note(error.message);
      this.#prompt();
      return;
    }
    const running = new RunningTurn({
      client: gateway,
      request,
      unconfirmed,
      comesBack,
      signal: this.#leaving.signal,
      onBreak: () => this.#note('The connection to the gateway broke; taking the answer up again…'),
    });
    this.#own.push(running);
    const turn = new QueuedTurn(running, this.#lastAccepted);
    this.#lastAccepted = turn.accepted;
    this.#queue.push(turn);
    if (this.#shown) this.#note(`Queued: ${printable(prompt.split('\n', 1)[0] ?? '')}`);
    else void this.#showTurns();
  }

  async #showTurns(): Promise<void> {
    const { terminal, gateway } = this.#options;
    this.#input?.hide();
    let first = true;
    for (let turn = this.#queue.shift(); turn; turn = this.#queue.shift()) {
      const display = new TurnDisplay(terminal, undefined, gateway.clock);
      const questions = new TerminalQuestions({
        gateway,
        clock: gateway.clock,
        keys: this.#input?.keys ?? null,
        show: (text) => display.aside(text),
        echo: (text) => void terminal.stderr.write(text),
      });
      this.#shown = { turn, display };
      this.#interrupted = false;
      try {
        for await (const event of turn.events()) {
          this.#showEvent(display, event, first);
          if (event.type === 'question') void questions.seen(event.data).catch(this.#left.reject);
        }
        const { error } = display.outcome;
        if (error) {
          this.#failed = true;
          say(terminal, styled(terminal, 'stderr', 'yellow', error.message));
        }
      } catch (error) {
        if (this.#leaving.signal.aborted) return;
        if (!(error instanceof CliError)) return this.#left.reject(error);
        this.#failed = true;
        say(terminal, styled(terminal, 'stderr', 'yellow', error.message));
      } finally {
        questions.close();
        display.stopWaiting();
      }
      first = false;
      if (terminal.stderr.isTTY) say(terminal, '');
    }
    this.#shown = null;
    this.#showWaiting();
    this.#prompt();
    this.#leaveWhenDone();
  }

  /** @param first whether the turn was sent while nothing else of this chat was under way */
  #showEvent(display: TurnDisplay, event: NumberedEvent, first: boolean): void {
    if (event.type === 'queued' && !first) return; // it waited for what was shown before it
    if (event.type === 'done' && event.data.mergedInto !== undefined) {
      display.note('Answered together with the other message.');
    } else {
      display.show(event);
    }
  }

  #note(text: string): void {
    if (this.#shown) this.#shown.display.note(text);
    else say(this.#options.terminal, styled(this.#options.terminal, 'stderr', 'dim', printable(text)));
  }

  #leave(code: ExitCode): void {
    this.#leaving.abort();
    this.#left.resolve(code);
  }

  #prompt(): void {
    if (!this.#shown && !this.#leaving.signal.aborted) this.#input?.show();
  }

  #leaveWhenDone(): void {
    if (!this.#inputEnded || this.#shown || this.#queue.length > 0 || this.#commands > 0) return;
    this.#leave(this.#failed && !this.#input?.interactive ? EXIT.failure : EXIT.ok);
  }
}
