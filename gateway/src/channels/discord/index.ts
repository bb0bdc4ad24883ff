/**
 * Discord by discord.js: its gateway for what comes in, its REST API for what goes out. A line that drops and a session
 * that ends are the library's business and stay within one channel object; a start that fails, a line that stays silent
 * and a refusal for good end the object.
 */
import { Events, Routes } from 'discord.js';
import type { DiscordSettings } from '../../config/channels-config.ts';
import type { Abilities, Channel, ChannelHost, CommandInfo } from '../channel.ts';
import { Receipts } from '../receipts.ts';
import { DiscordApi } from './api.ts';
import { createClient } from './client.ts';
import { publish } from './commands.ts';
import { Cursor } from './cursor.ts';
import { DirectChats } from './direct-chats.ts';
import { doubtsOf } from './doubts.ts';
import { DiscordError, fatalClose, lost, toDiscordError } from './errors.ts';
import { downloadFile } from './files.ts';
import { isDirect } from './keys.ts';
import { OtherProgram } from './other-program.ts';
import { Outbound } from './outbound.ts';
import { Receiver } from './receiver.ts';
import { OneShard } from './shard.ts';
import { Transport } from './transport.ts';

const DEFAULT_API = 'https://discord.com/api';

export interface DiscordTiming {
  /** Longest time of a REST call, in milliseconds. */
  callMs: number;
  /** Longest time until messages can come in. */
  startMs: number;
  /** How often the line is probed. */
  probeMs: number;
}

const TIMING: DiscordTiming = { callMs: 15_000, startMs: 30_000, probeMs: 12_000 };

const ABILITIES: Abilities = {
  text: { max: 2000, unit: 'utf16' }, // Discord counts code points, which are never more
  editEveryMs: 1200, // it takes five in five seconds
  buttons: true,
  typingMs: 10_000,
  sendRepeatableMs: 120_000, // Discord knows a nonce for "the past few minutes"
  fileBytes: 10_000_000,
  deafAfterMs: 40_000, // three probes without an answer
};

export function createDiscordChannel(
  { token, apiUrl = DEFAULT_API, owners = [] }: DiscordSettings & { owners?: readonly string[] },
  host: ChannelHost,
  timing: DiscordTiming = TIMING,
): Channel {
  const { clock, logger, memory } = host;
  const ending = new AbortController();
  const { signal } = ending;
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined); // of interest during the start only
  const fail = (error: DiscordError): void => {
    broken.reject(error);
    host.lost(error);
  };

  const transport = new Transport(apiUrl);
  let shard: OneShard | null = null;
  const client = createClient({
    apiUrl,
    transport,
    buildStrategy: (manager) => {
      shard = new OneShard(manager, {
        clock,
        logger,
        probeMs: timing.probeMs,
        onAlive: () => host.alive(),
        onBroken: fail,
      });
      return shard;
    },
  });
  // Without this listener the library ends the process at the first error.
  client.on(Events.Error, (error) => fail(toDiscordError('gateway', error)));
  client.on(Events.ShardError, (error) => {
    logger.debug({ channel: 'discord', code: toDiscordError('gateway', error).code }, 'the line broke');
  });
  client.on(Events.ShardDisconnect, ({ code }) => {
    fail(fatalClose(code) ?? lost(String(code), `Discord closed the connection (${code}).`));
  });

  const api = new DiscordApi(client.rest, clock, timing.callMs, fail);
  const cursor = new Cursor(memory, clock);
  const chats = new DirectChats(memory, api);
  const others = new OtherProgram(host);
  const receiver = new Receiver({ client, api, host, cursor, chats, others, owners, signal });
  const doubts = doubtsOf(host, ABILITIES.sendRepeatableMs);
  const outbound = new Outbound({ api, chats, doubts, others, clock, me: () => receiver.me });
  // https://discord.com/developers/docs/resources/message#create-reaction
  const receipts = new Receipts({
    async react(to, id) {
      const route = Routes.channelMessageOwnReaction(await outbound.chat(to), id, encodeURIComponent('👀'));
      await api.call('createReaction', 'PUT', route);
    },
    isDirect,
    clock,
  });

  return {
    abilities: ABILITIES,

    async start() {
      const late = clock.after(timing.startMs, () =>
        fail(lost('timeout', 'Discord did not let us in in time.')),
      );
      try {
        await Promise.race([client.login(token), broken.promise]);
      } catch (error) {
        throw toDiscordError('login', error);
      } finally {
        late.cancel();
      }
    },

    async stop() {
      ending.abort();
      others.close();
      broken.reject(lost('closed', 'The connection was closed while it was being made.'));
      await Promise.all([api.close(), shard?.close()]);
      await client.destroy();
      await receiver.close();
      transport.close();
    },

    send: (to, part, options) => outbound.send(to, part, options),
    edit: (to, id, part, options) => outbound.edit(to, id, part, options),
    remove: (to, id) => outbound.remove(to, id),
    sendFile: (to, file, options) => outbound.sendFile(to, file, options),
    download: (ref, mostBytes) => downloadFile(api, ref, mostBytes),
    seen: (to, messageId, waits) => receipts.seen(to, messageId, waits),

    async typing(to) {
      try {
        await api.call('typing', 'POST', Routes.channelTyping(await outbound.chat(to)));
      } catch (error) {
        if (!(error instanceof DiscordError)) throw error; // a sign that does not show is no loss
      }
    },

    async publishCommands(commands: readonly CommandInfo[]) {
      const application = client.application?.id;
      if (application === undefined) return;
      try {
        await publish(api, application, commands);
      } catch (error) {
        if (!(error instanceof DiscordError)) throw error;
        logger.warn({ channel: 'discord', code: error.code }, 'the command menu could not be set');
      }
    },
  };
}
