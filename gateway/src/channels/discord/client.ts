/**
 * discord.js's client, set up for a gateway that keeps its own books: servers, channels and roles are cached and nothing
 * else, no call waits or is repeated, and the shard is ours to close.
 */
import {
  Client,
  type ClientOptions,
  GatewayIntentBits,
  type GuildMember,
  Options,
  Partials,
  type User,
} from 'discord.js';
import type { Transport } from './transport.ts';

const BACKSTOP_MS = 150_000; // longer than any time-out of ours, which are the ones that count

const itself = {
  maxSize: 0,
  keepOverLimit: (one: User | GuildMember) => one.id === one.client.user.id,
};

export interface ClientSettings {
  apiUrl: string;
  transport: Transport;
  buildStrategy: NonNullable<NonNullable<ClientOptions['ws']>['buildStrategy']>;
}

export function createClient({ apiUrl, transport, buildStrategy }: ClientSettings): Client {
  const { Guilds, GuildMessages, MessageContent, DirectMessages } = GatewayIntentBits;
  return new Client({
    intents: [Guilds, GuildMessages, MessageContent, DirectMessages],
    partials: [Partials.Channel], // direct chats come unannounced
    shards: [0],
    shardCount: 1,
    makeCache: Options.cacheWithLimits({
      ApplicationCommandManager: 0,
      ApplicationEmojiManager: 0,
      AutoModerationRuleManager: 0,
      BaseGuildEmojiManager: 0,
      DMMessageManager: 0,
      EntitlementManager: 0,
      GuildBanManager: 0,
      GuildEmojiManager: 0,
      GuildInviteManager: 0,
      GuildMemberManager: itself,
      GuildMessageManager: 0,
      GuildScheduledEventManager: 0,
      GuildStickerManager: 0,
      MessageManager: 0,
      PresenceManager: 0,
      ReactionManager: 0,
      ReactionUserManager: 0,
      StageInstanceManager: 0,
      ThreadMemberManager: 0,
      UserManager: itself,
      VoiceStateManager: 0,
    }),
    rest: {
      api: apiUrl,
      version: '10',
      retries: 0,
      timeout: BACKSTOP_MS,
      rejectOnRateLimit: () => true,
      makeRequest: transport.makeRequest,
    },
    ws: { buildStrategy },
  });
}
