/**
 * Slack by Bolt in Socket Mode: works behind any router and needs no address of its own.
 *
 * Answers stream by Slack's own streams where they are in a thread, else by edits. There is no menu of commands: Slack
 * wants them in the app's manifest, and takes every text with a slash for one of those. `!new` is `/new` everywhere.
 */
import type { Timer } from '@mobyclaw/lib/clock';
import { App } from '@slack/bolt';
import type { SlackSettings } from '../../config/channels-config.ts';
import type { Abilities, Channel, ChannelHost } from '../channel.ts';
import { SlackApi } from './api.ts';
import { ACTION, Presses, type SlackPress } from './buttons.ts';
import { Directory } from './directory.ts';
import { SlackError } from './errors.ts';
import { Files } from './files.ts';
import type { Me, SlackMessage } from './inbound.ts';
import { Outbound } from './outbound.ts';
import { quietLogger } from './quiet-logger.ts';
import { Receiver } from './receiver.ts';
import { Signs } from './signs.ts';
import { SocketModeLine } from './socket-mode.ts';
import { Threads } from './threads.ts';

/** Our own socket before this one was closed first; Slack may take a while to notice where the line to it was dead. */
function otherProgram(connections: number): string {
  return `Slack counts ${connections} connections for this app: another program may use the same tokens and gets part of the messages. If Moby was restarted a moment ago, this passes with the next connection.`;
}

export interface SlackTiming {
  /** Longest time of a call, in milliseconds. */
  callMs: number;
  /** Longest time from the first call to Slack's greeting. */
  startMs: number;
  /** A line without an answer to our pings for so long is dead. */
  pongMs: number;
  /** How often it is looked whether the bot token is still good: Slack does not say when it is revoked. */
  tokenCheckMs: number;
}

const TIMING: SlackTiming = { callMs: 15_000, startMs: 20_000, pongMs: 15_000, tokenCheckMs: 60_000 };

const ABILITIES: Abilities = {
  text: { max: 3800, unit: 'utf16' }, // `chat.update` takes 4000
  editEveryMs: 1200, // 50 a minute
  buttons: true,
  typingMs: 30_000, // Slack takes the sign away after two minutes
  sendRepeatableMs: 3_600_000,
  fileBytes: 1_000_000_000,
  deafAfterMs: 45_000,
};

export function createSlackChannel(
  settings: SlackSettings,
  host: ChannelHost,
  { callMs, startMs, pongMs, tokenCheckMs }: SlackTiming = TIMING,
): Channel {
  const { clock } = host;
  const api = new SlackApi(settings, clock, callMs);
  const threads = new Threads(host.memory);
  const directory = new Directory(api, clock);
  const receiver = new Receiver(host, directory, threads);
  const presses = new Presses(api, host, (user) => directory.user(user));
  const files = new Files(api, host.memory);
  const signs = new Signs(api, receiver);
  const line = new SocketModeLine({
    appToken: settings.appToken,
    api,
    clock,
    logger: host.logger,
    callMs,
    startMs,
    pongMs,
    onAlive: () => host.alive(),
    onLost: (error) => host.lost(error),
    onGreeted: (connections) => host.warn(connections > 1 ? otherProgram(connections) : null),
  });
  let outbound: Outbound | null = null;
  let tokenCheck: Timer | null = null;
  let stopped = false;

  function connected(): Outbound {
    if (!outbound) throw new Error('the channel was not started');
    return outbound;
  }

  async function whoAmI(): Promise<Me> {
    interface Answer {
      user_id: string;
      bot_id: string;
      team_id: string;
    }
    const {
      user_id: user = '',
      bot_id: bot = null,
      team_id: team = '',
    } = await api.call<Answer>('auth.test', {});
    return { user, bot, team };
  }

  function checkToken(): void {
    tokenCheck = clock.after(tokenCheckMs, () => {
      whoAmI().then(
        () => undefined,
        (error: unknown) => {
          if (error instanceof SlackError && error.fatal) host.lost(error);
        },
      );
      if (!stopped) checkToken();
    });
  }

  return {
    abilities: ABILITIES,

    async start() {
      const me = await whoAmI();
      outbound = new Outbound({ api, me, receiver, threads, clock });
      const app = new App({
        token: settings.botToken,
        botUserId: me.user,
        ...(me.bot === null ? {} : { botId: me.bot }),
        tokenVerificationEnabled: false, // `whoAmI` has just done it, in a way that can be caught
        deferInitialization: true,
        convoStore: false,
        receiver: line,
        logger: quietLogger,
        clientOptions: api.clientOptions(),
      });
      await app.init();
      app.event('message', ({ event }) => receiver.take(event as unknown as SlackMessage, me));
      app.event('app_mention', ({ event }) => receiver.take(event as unknown as SlackMessage, me));
      app.action(ACTION, ({ body }) => presses.take(body as unknown as SlackPress, me));
      app.error(async (error) => {
        throw error; // so that the envelope is not acknowledged
      });
      await app.start();
      checkToken();
    },

    async stop() {
      stopped = true;
      tokenCheck?.cancel();
      const streams = outbound?.streams.close();
      await Promise.all([line.stop(), api.close()]);
      await streams;
    },

    async send(to, part, options) {
      const result = await connected().send(to, part, options);
      if (!options.live) signs.clear(to);
      return result;
    },

    async edit(to, id, part, options) {
      const result = await connected().edit(to, id, part, options);
      if (!options.live) signs.clear(to);
      return result;
    },

    remove: (to, id) => connected().remove(to, id),
    sendFile: (to, file, options) => files.send(to, file, options),
    download: (ref, mostBytes) => files.download(ref, mostBytes),
    typing: (to) => signs.typing(to),
    seen: (to, messageId) => signs.seen(to, messageId),
  };
}
