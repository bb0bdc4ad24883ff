/** What a channel is given, kept for a test to look at, where a whole gateway would be too much. */
import { type Clock, systemClock } from '@mobyclaw/lib/clock';
import { silentLogger } from '@mobyclaw/lib/logger';
import type {
  ButtonPress,
  ChannelHost,
  ChannelMemory,
  EditedMessage,
  InboundEvent,
  IncomingMessage,
  LoginState,
  PressAnswer,
} from '../channels/channel.ts';
import type { ChannelError } from '../channels/channel-error.ts';

export class RecordedHost implements ChannelHost {
  readonly clock: Clock;
  readonly logger = silentLogger;
  readonly events: InboundEvent[] = [];
  readonly presses: ButtonPress[] = [];
  readonly losses: ChannelError[] = [];
  readonly logins: (LoginState | null)[] = [];
  readonly memory: ChannelMemory;
  signsOfLife = 0;
  warning: string | null = null;
  /** What presses are answered with. */
  pressAnswer: PressAnswer = { text: 'Too late.', accepted: false };
  /** What `receive` and `pressed` fail with, while it is set. */
  refusal: Error | null = null;

  /** @param memory of a host before */
  constructor(memory: ChannelMemory = memoryOf(new Map()), clock: Clock = systemClock) {
    this.memory = memory;
    this.clock = clock;
  }

  get messages(): IncomingMessage[] {
    return this.events.filter((event) => event.type === 'message');
  }

  get edits(): EditedMessage[] {
    return this.events.filter((event) => event.type === 'edit');
  }

  /** Texts that came in, each message once, as the gateway would take them. */
  get texts(): string[] {
    const byId = new Map(this.messages.map(({ messageId, text }) => [messageId, text]));
    return [...byId.values()];
  }

  async receive(event: InboundEvent): Promise<void> {
    if (this.refusal) throw this.refusal;
    this.events.push(event);
  }

  async pressed(press: ButtonPress): Promise<PressAnswer> {
    if (this.refusal) throw this.refusal;
    this.presses.push(press);
    return this.pressAnswer;
  }

  alive(): void {
    this.signsOfLife++;
  }

  lost(error: ChannelError): void {
    this.losses.push(error);
  }

  warn(text: string | null): void {
    this.warning = text;
  }

  login(state: LoginState | null): void {
    this.logins.push(state);
  }

  folder(): string {
    throw new Error('this host has no folder');
  }
}

export function memoryOf(values: Map<string, string>): ChannelMemory {
  return {
    get: (name) => values.get(name) ?? null,
    set: (name, value) => {
      values.set(name, value);
    },
  };
}
