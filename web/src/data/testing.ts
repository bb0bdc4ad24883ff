/** A gateway for the page's data code: turns that speak, a history, and the blocks of the line. */
import type { LiveEvent, LiveTurnEvent } from '@mobyclaw/protocol/live';
import type { MessageView } from '@mobyclaw/protocol/session';
import { textCheck } from '@mobyclaw/protocol/text-check';
import { ApiError } from './api.ts';
import type { AskMessages } from './conversation.ts';

export const SESSION = 'web:main';
const AT = '2026-01-01T00:00:00.000Z';

export class ScriptedGateway {
  readonly history: MessageView[] = [];
  /** What was asked of the history, as `limit=60 after=3`. */
  readonly asked: string[] = [];
  /** While it is true nobody answers. */
  down = false;
  #turns = 0;

  readonly ask: AskMessages = async (session, { limit, before, after = 0, from }) => {
    this.asked.push(
      Object.entries({ before, after: after || undefined, from })
        .flatMap(([name, id]) => (id === undefined ? [] : [`${name}=${id}`]))
        .join(' '),
    );
    if (this.down) throw new ApiError(500, 'internal', 'down');
    const own = this.history.filter((message) => message.session === session);
    if (from !== undefined) return own.filter(({ id }) => id >= from).slice(0, limit);
    return own.filter(({ id }) => id > after && id < (before ?? Number.MAX_SAFE_INTEGER)).slice(-limit);
  };

  hello(resumed: boolean, open: readonly ScriptedTurn[] = []): LiveEvent {
    const lastMessage = this.history.at(-1)?.id ?? 0;
    return { type: 'hello', version: '1', resumed, open: open.map(({ turn }) => turn), lastMessage };
  }

  newTurn(prompt: string, session = SESSION): ScriptedTurn {
    return new ScriptedTurn(this, ++this.#turns, prompt, session);
  }

  /** @returns the word of it on the line */
  say(message: Pick<MessageView, 'turn' | 'role' | 'text'> & Partial<MessageView>): LiveEvent {
    const id = (this.history.at(-1)?.id ?? 0) + 1;
    const view: MessageView = { session: SESSION, at: AT, ...message, id };
    this.history.push(view);
    return { type: 'message', id, session: view.session, turn: view.turn, role: view.role };
  }
}

export class ScriptedTurn {
  readonly turn: number;
  readonly key: string;
  readonly prompt: string;
  readonly session: string;
  readonly #gateway: ScriptedGateway;
  #id = 0;
  #text = '';

  constructor(gateway: ScriptedGateway, turn: number, prompt: string, session: string) {
    this.#gateway = gateway;
    this.turn = turn;
    this.key = `turn-${turn}`;
    this.prompt = prompt;
    this.session = session;
  }

  get view(): LiveEvent {
    const { turn, key, prompt, session } = this;
    return { type: 'turn', turn, key, prompt, session, source: 'web', files: 0, at: AT };
  }

  arrives(clientKey?: string): LiveEvent[] {
    const data = { turn: this.key, position: 0, ...(clientKey && { key: clientKey }) };
    return [this.view, this.#next({ type: 'queued', data })];
  }

  starts(): LiveEvent[] {
    const { key: turn, session } = this;
    const said = this.#gateway.say({ session, turn, role: 'user', text: this.prompt });
    return [said, this.#next({ type: 'started', data: { turn, session } })];
  }

  says(text: string): LiveEvent {
    this.#text += text;
    return this.#next({ type: 'token', data: { text } });
  }

  /** More text, without a number: the number it has at the gateway is told with what comes next. */
  goesOn(text: string): string {
    this.#text += text;
    this.#id++;
    return text;
  }

  /** What the gateway tells again of it to whoever comes back. */
  repeats(text: string): LiveEvent {
    return { turn: this.turn, id: this.#id, type: 'token', data: { text } };
  }

  /** Another attempt, after a kill. */
  beginsAgain(text = ''): LiveEvent {
    this.#text = text;
    this.#id = Math.ceil((this.#id + 1) / 1_000_000) * 1_000_000;
    return this.#next({ type: 'replace', data: { text } });
  }

  ends(text = this.#text): LiveEvent[] {
    const { key: turn, session } = this;
    const said = this.#gateway.say({ session, turn, role: 'assistant', text });
    const data = { turn, session, usage: null, chars: text.length, check: textCheck(text) };
    return [said, this.#next({ type: 'done', data })];
  }

  fails(message: string): LiveEvent {
    const text = this.#text;
    const data = {
      code: 'model_error',
      message,
      retryable: false,
      chars: text.length,
      check: textCheck(text),
    };
    return this.#next({ type: 'error', data });
  }

  #next(event: Pick<LiveTurnEvent, 'type' | 'data'>): LiveEvent {
    return { turn: this.turn, id: ++this.#id, ...event } as LiveTurnEvent;
  }
}
