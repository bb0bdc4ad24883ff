/** What an adapter is given, recording what it does with it: for tests below the gateway. */
import { systemClock } from '@mobyclaw/lib/clock';
import { createLogger } from '@mobyclaw/lib/logger';
import type { ButtonPress, ChannelHost, InboundEvent, LoginState, PressAnswer } from '../channels/channel.ts';
import type { ChannelError } from '../channels/channel-error.ts';

export interface RecordingHost extends ChannelHost {
  /** What was stored, in order. */
  readonly taken: InboundEvent[];
  readonly presses: ButtonPress[];
  readonly lostBy: ChannelError[];
  readonly logins: (LoginState | null)[];
  /** Lines of the log. */
  readonly logged: Record<string, unknown>[];
  warning: string | null;
  /** How often the receive path showed life. */
  signs: number;
  /** Stands before the disk; throws where that is full. */
  disk: (event: InboundEvent) => Promise<void>;
  /** What presses are answered with. */
  pressAnswer: PressAnswer;
}

/** @param memory of a connection before this one */
export function recordingHost(memory = new Map<string, string>(), folder = '/nowhere'): RecordingHost {
  const logged: Record<string, unknown>[] = [];
  const host: RecordingHost = {
    taken: [],
    presses: [],
    lostBy: [],
    logins: [],
    logged,
    warning: null,
    signs: 0,
    disk: async () => undefined,
    pressAnswer: { text: 'Too late.', accepted: false },
    clock: systemClock,
    logger: createLogger('test', 'info', { write: (line) => void logged.push(JSON.parse(line)) }),
    async receive(event) {
      await host.disk(event);
      host.taken.push(event);
    },
    async pressed(press) {
      host.presses.push(press);
      return host.pressAnswer;
    },
    alive: () => {
      host.signs++;
    },
    lost: (error) => {
      host.lostBy.push(error);
    },
    warn: (text) => {
      host.warning = text;
    },
    login: (state) => {
      host.logins.push(state);
    },
    memory: { get: (name) => memory.get(name) ?? null, set: (name, value) => void memory.set(name, value) },
    folder: () => folder,
  };
  return host;
}
