/**
 * A Discord to test against: REST API and gateway on one port of 127.0.0.1, with people that write, and with faults on
 * demand. Point discord.js at `url`.
 */
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Faults } from './faults.ts';
import { FakeGateway } from './gateway.ts';
import { FakeRest } from './rest.ts';
import { snowflake, type WireChannel, type WireMessage, type WireUser } from './wire.ts';
import { type Attached, World } from './world.ts';

const ALL_INTENTS = 0xffff_ffff | 0;

export class FakeDiscord {
  readonly world: World;
  readonly gateway: FakeGateway;
  readonly rest: FakeRest;
  readonly faults = new Faults();
  /** What the bot has to log in with. Changing it revokes the one before. */
  token = 'fake-discord-token';
  allowedIntents = ALL_INTENTS;
  remainingStarts = 1000;
  /** Where clients are told that the gateway is; null: at this server's own address. */
  gatewayAddress: string | null = null;
  readonly #server: http.Server;
  readonly #sockets = new Set<Socket>();
  #signature = 1;
  readonly #gatewayUrl = (): string => this.gatewayAddress ?? `ws://127.0.0.1:${this.port}`;
  readonly #fileUrl = (id: string, name: string): string =>
    `http://127.0.0.1:${this.port}/files/${id}/${encodeURIComponent(name)}?sig=${this.#signature}`;

  private constructor(heartbeatMs: number) {
    this.world = new World((event) => this.gateway.dispatch(event));
    this.gateway = new FakeGateway({
      heartbeatMs,
      token: () => this.token,
      allowedIntents: () => this.allowedIntents,
      greeting: (session_id) => [
        {
          t: 'READY',
          d: {
            v: 10,
            user: this.world.bot,
            session_id,
            resume_gateway_url: this.#gatewayUrl(),
            guilds: [{ id: this.world.guild.id, unavailable: true }],
            application: { id: this.world.applicationId, flags: 0 },
          },
        },
        { t: 'GUILD_CREATE', d: structuredClone(this.world.guildView()) },
      ],
    });
    this.rest = new FakeRest({
      world: this.world,
      faults: this.faults,
      token: () => this.token,
      gatewayUrl: this.#gatewayUrl,
      fileUrl: this.#fileUrl,
      remainingStarts: () => this.remainingStarts,
    });
    this.#server = http.createServer((request, response) => {
      if (request.url?.startsWith('/files/')) this.#sendFile(request.url, response);
      else void this.rest.handle(request, response);
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    });
    this.#server.on('upgrade', (request, socket, head) => {
      this.gateway.upgrade(request, socket as Socket, head);
    });
  }

  /** @param heartbeatMs what clients are told; Discord says 41,250 */
  static async start(heartbeatMs = 41_250): Promise<FakeDiscord> {
    const fake = new FakeDiscord(heartbeatMs);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** For DISCORD_API_URL. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/api`;
  }

  /** TCP connections that are open, of REST and gateway. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Somebody writes. */
  say(
    channel: WireChannel,
    author: WireUser,
    text: string,
    more: { replyTo?: string; files?: Attached[]; flags?: number; type?: number } = {},
  ): WireMessage {
    return this.world.post({ channel, author, text, ...more, fileUrl: this.#fileUrl });
  }

  /** Somebody picks a command from the menu. */
  command(channel: WireChannel, user: WireUser, name: string, text?: string): { id: string; token: string } {
    const options = text === undefined ? [] : [{ name: 'text', type: 3, value: text }];
    return this.#interact(channel, user, { type: 2, data: { id: snowflake(), name, type: 1, options } });
  }

  #interact(channel: WireChannel, user: WireUser, what: object): { id: string; token: string } {
    const id = snowflake();
    const token = `interaction-${id}`;
    const { guild_id } = channel;
    this.gateway.dispatch({
      t: 'INTERACTION_CREATE',
      d: {
        id,
        token,
        application_id: this.world.applicationId,
        ...what,
        version: 1,
        channel_id: channel.id,
        channel,
        entitlements: [],
        authorizing_integration_owners: {},
        app_permissions: '0',
        locale: 'en-GB',
        attachment_size_limit: 10_485_760,
        ...(guild_id
          ? {
              guild_id,
              member: { user, roles: [], joined_at: new Date(0).toISOString(), flags: 0, permissions: '0' },
            }
          : { user }),
      },
    });
    return { id, token };
  }

  /**
   * Somebody presses the button with this label, or one that he has made up. Null where the message has no such button.
   * @param elsewhere the channel that the press is said to be in
   * @returns token of the interaction
   */
  press(
    message: WireMessage,
    user: WireUser,
    { label, data, elsewhere }: { label?: string; data?: string; elsewhere?: WireChannel },
  ): string | null {
    const button = message.components
      .flatMap(({ components }) => components)
      .find((one) => one.label === label);
    const custom_id = data ?? button?.custom_id;
    if (custom_id === undefined) return null;
    const channel = elsewhere ?? this.world.channels.get(message.channel_id);
    if (!channel) return null;
    return this.#interact(channel, user, {
      type: 3,
      message: structuredClone(message),
      data: { component_type: 2, custom_id },
    }).token;
  }

  /** What was said to whoever pressed, for his eyes; null while nothing was. */
  answerTo(token: string): string | null {
    return this.rest.interactions.get(token)?.find(({ content }) => content !== '')?.content ?? null;
  }

  /** What the bot shows in a channel, oldest first. */
  shown(channel: WireChannel): WireMessage[] {
    return this.world.shown(channel).filter(({ author }) => author.id === this.world.bot.id);
  }

  /** The addresses of files that were handed out so far are good no more. */
  expireFiles(): void {
    this.#signature++;
  }

  async close(): Promise<void> {
    this.gateway.close();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #sendFile(path: string, response: http.ServerResponse): void {
    const url = new URL(path, 'http://localhost');
    const file = this.world.files.get(url.pathname.split('/')[2] ?? '');
    if (!file || url.searchParams.get('sig') !== String(this.#signature)) {
      response.writeHead(404).end('This content is no longer available.');
      return;
    }
    response.writeHead(200, { 'content-type': file.mime ?? 'application/octet-stream' });
    response.end(file.data);
  }
}
