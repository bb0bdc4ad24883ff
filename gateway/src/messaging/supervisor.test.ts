import { silentLogger } from '@mobyclaw/lib/logger';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import type { Abilities, Channel, ChannelHost } from '../channels/channel.ts';
import { ChannelError } from '../channels/channel-error.ts';
import { ChannelSupervisor } from './supervisor.ts';

const ABILITIES: Abilities = {
  text: { max: 100, unit: 'utf16' },
  editEveryMs: 1000,
  buttons: true,
  typingMs: null,
  sendRepeatableMs: 0,
  fileBytes: 1_000_000,
  deafAfterMs: 45_000,
};

/** A channel that does as the test says. */
class ScriptedChannel implements Channel {
  readonly abilities = ABILITIES;
  readonly host: ChannelHost;
  started: { resolve: () => void; reject: (error: unknown) => void } | null = null;
  stopped = false;
  closed: (() => void) | null = null;
  slowToClose = false;

  constructor(host: ChannelHost) {
    this.host = host;
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.started = { resolve, reject };
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.slowToClose) await new Promise<void>((resolve) => (this.closed = resolve));
  }

  send = () => Promise.reject(new Error('not asked for'));
  edit = this.send;
  remove = this.send;
  sendFile = this.send;
  download = this.send;
  typing = async () => {
    this.typed++;
  };
  typed = 0;
}

/** Whether what the supervisor hands out is this connection: a call arrives there. */
async function reaches(supervisor: ChannelSupervisor, channel: ScriptedChannel): Promise<boolean> {
  const before = channel.typed;
  await supervisor.channel?.typing('telegram:dm:1');
  return channel.typed === before + 1;
}

function setUp() {
  const clock = new ManualClock();
  const channels: ScriptedChannel[] = [];
  let ups = 0;
  const supervisor = new ChannelSupervisor({
    platform: 'telegram',
    load: async () => (host) => {
      const channel = new ScriptedChannel(host);
      channels.push(channel);
      return channel;
    },
    receive: async () => undefined,
    pressed: async () => ({ text: 'Too late.', accepted: false }),
    memory: { get: () => null, set: () => undefined },
    folder: () => '/nowhere',
    commands: [],
    onUp: () => ups++,
    onChange: () => undefined,
    clock,
    logger: silentLogger,
  });
  supervisor.start();
  return { clock, channels, supervisor, ups: () => ups, newest: () => channels.at(-1) as ScriptedChannel };
}

function error(details: { code?: string; fatal?: boolean; retryAfterMs?: number } = {}): ChannelError {
  const { code = '500', ...more } = details;
  return new ChannelError({
    channel: 'telegram',
    method: 'test',
    code,
    message: 'It broke.',
    remedy: 'retry',
    ...more,
  });
}

test('a connection that is lost is closed first and then replaced, after a pause that grows', async () => {
  const { clock, channels, supervisor, newest } = setUp();
  await clock.advance(0);
  newest().started?.resolve();
  await clock.advance(0);
  expect(supervisor.status.state).toBe('up');
  expect(await reaches(supervisor, newest())).toBe(true);

  newest().slowToClose = true;
  newest().host.lost(error());
  await clock.advance(120_000);
  expect(supervisor.channel).toBeNull();
  expect(supervisor.status).toMatchObject({
    state: 'down',
    reason: expect.stringContaining('does not close'),
  });
  expect(channels).toHaveLength(1); // the old one has not said that it is closed
  channels[0]?.closed?.();
  await clock.advance(1000);
  expect(channels).toHaveLength(2);

  for (let failures = 2; failures < 9; failures++) {
    newest().started?.reject(error());
    await clock.advance(30_000);
  }
  expect(channels.length).toBe(9);
  expect(channels.slice(0, -1).every(({ stopped }) => stopped)).toBe(true);
});

test('a channel that shows no life is replaced within 60 s; one that does is left alone', async () => {
  const { clock, channels, supervisor, newest } = setUp();
  await clock.advance(0);
  newest().started?.resolve();
  for (let beat = 0; beat < 20; beat++) {
    await clock.advance(30_000);
    newest().host.alive();
  }
  expect(channels).toHaveLength(1);
  const silentSince = clock.now();
  while (channels.length === 1) await clock.advance(1000);
  expect(clock.now() - silentSince).toBeLessThanOrEqual(60_000);
  newest().started?.resolve();
  await clock.advance(0);
  expect(supervisor.status).toMatchObject({ state: 'up', reason: null, connects: 2 });
});

test('a start that never ends counts as deaf, unless the owner is asked to log in', async () => {
  const { clock, channels, newest } = setUp();
  await clock.advance(0);
  newest().host.login({ qr: 'scan me', expiresAt: clock.now() + 60_000 });
  await clock.advance(300_000);
  expect(channels).toHaveLength(1);
  newest().host.login(null);
  await clock.advance(60_000);
  expect(channels.length).toBeGreaterThan(1);
});

test('a fatal error stops it for good, with the reason', async () => {
  const { clock, channels, supervisor, newest } = setUp();
  await clock.advance(0);
  newest().started?.reject(error({ code: '401', fatal: true }));
  await clock.advance(3_600_000);
  expect(channels).toHaveLength(1);
  expect(channels[0]?.stopped).toBe(true);
  expect(supervisor.status).toMatchObject({ state: 'stopped', fatal: true, reason: 'It broke.' });
});

test('a pause that the platform asks for is kept', async () => {
  const { clock, channels, newest } = setUp();
  await clock.advance(0);
  newest().started?.reject(error({ code: '429', retryAfterMs: 20_000 }));
  await clock.advance(19_000);
  expect(channels).toHaveLength(1);
  await clock.advance(2000);
  expect(channels).toHaveLength(2);
});

test('whatever an adapter throws is a failure of its channel and no more', async () => {
  const { clock, channels, supervisor, newest } = setUp();
  await clock.advance(0);
  newest().started?.reject('not even an error');
  await clock.advance(2000);
  expect(channels).toHaveLength(2);
  expect(supervisor.status.reason).toContain('does not know');
});

test('what an old connection still says is not listened to', async () => {
  const { clock, channels, supervisor, newest, ups } = setUp();
  await clock.advance(0);
  const old = newest();
  old.host.lost(error());
  await clock.advance(2000);
  expect(channels).toHaveLength(2);
  newest().started?.resolve();
  await clock.advance(0);
  old.started?.resolve();
  old.host.lost(error({ fatal: true }));
  await clock.advance(0);
  expect(supervisor.status.state).toBe('up');
  expect(ups()).toBe(1);
  await expect(old.host.receive({ type: 'moved', newMessages: true, from: 'a', to: 'b' })).rejects.toThrow(
    'closed',
  );
});

test('stop closes the connection, in the middle of a start or of a pause', async () => {
  const starting = setUp();
  await starting.clock.advance(0);
  await starting.supervisor.stop();
  expect(starting.newest().stopped).toBe(true);
  expect(starting.supervisor.status.state).toBe('stopped');

  const pausing = setUp();
  await pausing.clock.advance(0);
  pausing.newest().started?.reject(error());
  await pausing.clock.advance(0);
  await pausing.supervisor.stop();
  await pausing.clock.advance(600_000);
  expect(pausing.channels).toHaveLength(1);
});

test('a warning is the reason while the channel is up, also one from before that; the next connection starts without', async () => {
  const { clock, supervisor, newest } = setUp();
  await clock.advance(0);
  newest().host.warn('Two of us.');
  expect(supervisor.status).toMatchObject({ state: 'connecting', reason: null });
  newest().started?.resolve();
  await clock.advance(0);
  expect(supervisor.status).toMatchObject({ state: 'up', reason: 'Two of us.' });
  expect(await reaches(supervisor, newest())).toBe(true);
  newest().host.warn(null);
  expect(supervisor.status).toMatchObject({ state: 'up', reason: null });
  newest().host.warn('Two of us.');
  const before = newest();
  before.host.lost(error());
  await clock.advance(5000);
  expect(supervisor.status.reason).toContain('It broke.');
  before.host.warn('From the grave.');
  newest().started?.resolve();
  await clock.advance(0);
  expect(supervisor.status).toMatchObject({ state: 'up', reason: null, connects: 2 });
});

test('the connection that is handed out contains what the adapter throws: a send is in doubt, and nothing rejects', async () => {
  const { clock, supervisor, newest } = setUp();
  await clock.advance(0);
  newest().started?.resolve();
  await clock.advance(0);
  const part = { text: 'hello', plain: 'hello' };
  const result = await supervisor.channel?.send('telegram:dm:1', part, { nonce: 'n', live: false });
  expect(result).toMatchObject({ status: 'unknown' });
});
