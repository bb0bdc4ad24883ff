/**
 * The gateway as a process behind a proxy: the platforms have names that nobody can look up and certificates that only
 * NODE_EXTRA_CA_CERTS vouches for, so what arrives at them came through the tunnel.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ConnectProxy,
  type ConnectProxyOptions,
  makeCertificate,
  startConnectProxy,
} from '@mobyclaw/testkit/connect-proxy';
import { FakeDiscord } from '@mobyclaw/testkit/fake-discord/fake-discord';
import { startFakeSlack } from '@mobyclaw/testkit/fake-slack/fake-slack';
import { startFakeTelegram } from '@mobyclaw/testkit/fake-telegram/fake-telegram';
import { FakeWhatsApp } from '@mobyclaw/testkit/fake-whatsapp/fake-whatsapp';
import type { WhatsAppLibrary } from '@mobyclaw/testkit/fake-whatsapp/library';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { killedGateway } from '../testing/killed-gateway.ts';
import { recordingHost } from '../testing/recording-host.ts';
import { startTranscriber } from '../testing/transcriber.ts';
import { whatsAppLibrary } from '../testing/whatsapp-library.ts';
import { logIn } from '../testing/whatsapp-login.ts';
import { ALICE as ALICE_PHONE, TIMING } from '../testing/whatsapp-world.ts';
import { createWhatsAppChannel } from './whatsapp/index.ts';

const library = await whatsAppLibrary();
const LOGIN = 'moby:s3cret-of-the-proxy';
const ANSWER = 'You said: are you there';

async function startProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const proxy = await startConnectProxy(options);
  onTestFinished(() => proxy.close());
  return proxy;
}

/** @param servers port of what each name stands for */
async function behindProxy(servers: Record<string, number>, environment: Record<string, string>) {
  const { path, ...certificate } = makeCertificate(temporaryFolder(), Object.keys(servers));
  const hosts = Object.fromEntries(
    Object.entries(servers).map(([name, port]) => [`${name}:443`, { port, certificate }]),
  );
  const proxy = await startProxy({ hosts, login: LOGIN });
  const gateway = await killedGateway({ HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: path, ...environment });
  gateway.start();
  return { proxy, gateway };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

describe.skipIf(!requireTool('openssl'))('behind a proxy', () => {
  test('Telegram: messages, answers, files, and voices by way of the transcription', async () => {
    const telegram = await startFakeTelegram();
    onTestFinished(() => telegram.close());
    const alice = { id: 42, first_name: 'Alice' };
    const transcriber = await startTranscriber('dig a well');
    const { proxy, gateway } = await behindProxy(
      {
        'api.telegram.test': portOf(telegram.url),
        'speech.test': portOf(transcriber.env.MOBYCLAW_TRANSCRIBE_URL ?? ''),
      },
      {
        ...transcriber.env,
        MOBYCLAW_TRANSCRIBE_URL: 'https://speech.test/v1',
        TELEGRAM_BOT_TOKEN: telegram.token,
        TELEGRAM_API_ROOT: 'https://api.telegram.test',
        TELEGRAM_ALLOWED_USERS: '42',
      },
    );
    telegram.say({ chat: 42, from: alice, text: 'are you there' });
    const answers = () => telegram.replies(42).map(({ text }) => text);
    await until('the answer', () => answers().includes(ANSWER), 20_000);
    const document = { name: 'plan.txt', mime: 'text/plain', bytes: Buffer.from('dig a hole') };
    telegram.say({ chat: 42, from: alice, text: 'read this', document });
    await until('the file to be read', () => answers().some((text) => text.includes('dig a hole')), 20_000);
    telegram.say({ chat: 42, from: alice, voice: Buffer.from('OggS') });
    await until('the voice to be heard', () => answers().some((text) => text.includes('dig a well')), 20_000);
    expect(transcriber.heard[0]).toMatch(/^\/v1\/audio\/transcriptions Bearer k --.*name="model"/s);
    expect(new Set(proxy.asked)).toEqual(
      new Set(['CONNECT api.telegram.test:443', 'CONNECT speech.test:443']),
    );
    expect(gateway.log()).not.toContain('s3cret');
  });

  test('Discord: calls, the socket, and a session that goes on after the line broke', async () => {
    const discord = await FakeDiscord.start();
    onTestFinished(() => discord.close());
    discord.gatewayAddress = 'wss://gateway.discord.test';
    const alice = discord.world.person('Alice');
    const home = discord.world.direct(alice);
    const { proxy, gateway } = await behindProxy(
      { 'discord.test': discord.port, 'gateway.discord.test': discord.port },
      {
        DISCORD_BOT_TOKEN: discord.token,
        DISCORD_API_URL: 'https://discord.test/api',
        DISCORD_ALLOWED_USERS: alice.id,
      },
    );
    const answers = () => discord.shown(home).map(({ content }) => content);
    await until('the socket', () => discord.gateway.ready > 0, 20_000);
    discord.say(home, alice, 'are you there');
    await until('the answer', () => answers().includes(ANSWER), 20_000);
    const before = proxy.asked.filter((line) => line.includes('gateway.')).length;
    discord.gateway.drop();
    discord.say(home, alice, 'and now');
    await until('the answer after it', () => answers().includes('You said: and now'), 20_000);
    const after = proxy.asked.filter((line) => line.includes('gateway.')).length;
    expect([before, after]).toEqual([1, 2]);
    expect(proxy.asked).toContain('CONNECT discord.test:443');
    expect(gateway.log()).not.toContain('s3cret');
  });

  test('Slack: calls and the socket', async () => {
    const slack = await startFakeSlack(0, 'wss://link.slack.test');
    onTestFinished(() => slack.close());
    slack.workspace.users.set('U0ALICE', 'Alice');
    const { proxy, gateway } = await behindProxy(
      { 'slack.test': portOf(slack.url), 'link.slack.test': portOf(slack.url) },
      {
        SLACK_BOT_TOKEN: slack.botToken,
        SLACK_APP_TOKEN: slack.appToken,
        SLACK_API_URL: 'https://slack.test/api',
        SLACK_ALLOWED_USERS: 'U0ALICE',
      },
    );
    await until('the socket', () => proxy.asked.includes('CONNECT link.slack.test:443'), 20_000);
    slack.say({ channel: 'D0ALICE', user: 'U0ALICE', text: 'are you there' });
    const answers = () => slack.replies('D0ALICE').map(({ text }) => text);
    await until('the answer', () => answers().includes(ANSWER), 20_000);
    expect(proxy.asked).toContain('CONNECT slack.test:443');
    expect(gateway.log()).not.toContain('s3cret');
  });

  test.skipIf(library === null)('WhatsApp: the line, and its end', async () => {
    const baileys = library as NonNullable<typeof library>;
    const whatsApp = await FakeWhatsApp.start(baileys as unknown as WhatsAppLibrary);
    onTestFinished(() => whatsApp.close());
    const certificate = makeCertificate(temporaryFolder(), ['whatsapp.test']);
    const port = portOf(whatsApp.url.replace('ws:', 'http:'));
    const proxy = await startProxy({ hosts: { 'whatsapp.test:443': { port, certificate } }, login: LOGIN });
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    onTestFinished(() => void vi.unstubAllEnvs());
    const folder = temporaryFolder();
    logIn(baileys, folder);
    const host = recordingHost(new Map(), folder);
    const webUrl = `wss://whatsapp.test${new URL(whatsApp.url).pathname}`;
    const channel = createWhatsAppChannel({ auth: 'qr', webUrl }, host, TIMING);
    onTestFinished(() => channel.stop());
    await channel.start();
    whatsApp.say({ from: whatsApp.person(ALICE_PHONE), message: { conversation: 'are you there' } });
    expect(await until('the message', () => host.taken[0])).toMatchObject({ text: 'are you there' });
    expect(proxy.asked).toEqual(['CONNECT whatsapp.test:443']);
  });
});

describe('a proxy that cannot be used', () => {
  /** What /api/channels says of Telegram. */
  async function reason(proxy: string): Promise<string> {
    const home = temporaryFolder();
    const environment = {
      HTTPS_PROXY: proxy,
      TELEGRAM_BOT_TOKEN: '1:token',
      TELEGRAM_API_ROOT: 'https://api.telegram.test',
    };
    const gateway = await killedGateway(environment, home);
    gateway.start();
    const port = await until('it to listen', () => /"port":(\d+)/.exec(gateway.log())?.[1], 20_000);
    const token = readFileSync(join(home, 'gateway/cli-token'), 'utf8').trim();
    const said = await until('the channel to say why', async () => {
      const response = await fetch(`http://127.0.0.1:${port}/api/channels`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const { items } = (await response.json()) as { items: { reason: string | null }[] };
      return items[0]?.reason;
    });
    expect(`${said}\n${gateway.log()}`).not.toContain('s3cret');
    return said;
  }

  test('what is set is no address of one', async () => {
    expect(await reason('socks5://moby:s3cret@127.0.0.1:1')).toMatch(
      /^Telegram cannot be reached: what is set as the proxy is no address of one\. Write it into HTTPS_PROXY/,
    );
  });

  test('it is not there', async () => {
    const gone = await startConnectProxy();
    await gone.close();
    expect(await reason(gone.url.replace('//', '//moby:s3cret@'))).toMatch(
      /^Telegram cannot be reached: the proxy cannot be reached \(ECONNREFUSED\)\. .*HTTPS_PROXY/,
    );
  });

  test('it wants another password', async () => {
    const proxy = await startProxy({ login: LOGIN });
    expect(await reason(`http://moby:s3cret-of-old@127.0.0.1:${proxy.port}`)).toMatch(
      /^Telegram cannot be reached: the proxy refuses the name and the password, .*http:\/\/user:password@host:port/,
    );
  });

  test.skipIf(library === null)('WhatsApp says it, too', async () => {
    const gone = await startConnectProxy();
    await gone.close();
    vi.stubEnv('HTTPS_PROXY', gone.url);
    onTestFinished(() => void vi.unstubAllEnvs());
    const host = recordingHost(new Map(), temporaryFolder());
    const channel = createWhatsAppChannel({ auth: 'qr', webUrl: 'wss://whatsapp.test/ws' }, host, TIMING);
    onTestFinished(() => channel.stop());
    await expect(channel.start()).rejects.toMatchObject({
      code: 'ERR_PROXY_ECONNREFUSED',
      message: 'WhatsApp cannot be reached: the proxy cannot be reached (ECONNREFUSED).',
    });
  });
});
