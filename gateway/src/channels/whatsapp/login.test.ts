import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { FakeWhatsApp } from '@mobyclaw/testkit/fake-whatsapp/fake-whatsapp';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type RecordingHost, recordingHost } from '../../testing/recording-host.ts';
import { whatsAppLibrary } from '../../testing/whatsapp-library.ts';
import { logIn } from '../../testing/whatsapp-login.ts';
import {
  ALICE,
  isUp,
  openWhatsAppWorld,
  startPhones,
  statusOf,
  TIMING,
} from '../../testing/whatsapp-world.ts';
import type { ChannelError } from '../channel-error.ts';
import { createWhatsAppChannel } from './index.ts';
import type { Baileys } from './library.ts';

const library = await whatsAppLibrary();

/** The request of a pairing code, which may come after the code is shown. */
function asksForCode({ received }: FakeWhatsApp) {
  return received.find(
    ({ content }) => Array.isArray(content) && content[0]?.tag === 'link_code_companion_reg',
  );
}

function shownLogin({ logins }: RecordingHost) {
  return logins.at(-1) ?? null;
}

describe.skipIf(library === null)('the login at WhatsApp', () => {
  async function connect(auth = 'qr', folder = temporaryFolder()) {
    const whatsApp = await startPhones(library as Baileys);
    const host = recordingHost(new Map(), folder);
    const channel = createWhatsAppChannel({ auth, webUrl: whatsApp.url }, host, TIMING);
    onTestFinished(() => channel.stop());
    const started: Promise<ChannelError | null> = channel.start().then(
      () => null,
      (error: ChannelError) => error,
    );
    return { whatsApp, host, channel, started, folder };
  }

  test('a QR code is shown until it is scanned; then WhatsApp wants a new connection', async () => {
    const { whatsApp, host, started } = await connect();
    const shown = await until('the code', () => shownLogin(host));
    expect(shown.qr).toMatch(/^https:\/\/wa\.me\//);
    expect(shown.expiresAt - Date.now()).toBeGreaterThan(50_000);
    whatsApp.scan(shown.qr ?? '');
    expect(await started).toMatchObject({ code: '515', remedy: 'retry', fatal: false });
    expect(shownLogin(host)).toBeNull();
  });

  test('the whole way in the gateway: code in the status, scanned, connected, answered', async () => {
    const world = await openWhatsAppWorld(library as Baileys, { loggedIn: false });
    const login = await until('the code', async () => (await statusOf(world))?.login);
    expect(Date.parse(login.expiresAt)).toBeGreaterThan(Date.now());
    world.whatsApp.scan(login.qr);
    await isUp(world);
    expect((await statusOf(world)).login).toBeUndefined();
    world.say('hello');
    await world.reply((text) => text === 'You said: hello');
  });

  test('a phone number in WHATSAPP_AUTH asks for a pairing code', async () => {
    const { whatsApp, host } = await connect('+49 170 0000001'.replaceAll(' ', ''));
    const shown = await until('the code', () => shownLogin(host));
    expect(shown.pairingCode).toMatch(/^[A-Z0-9]{8}$/);
    expect(shown.qr).toBeUndefined();
    const asked = await until('the request', () => asksForCode(whatsApp));
    expect(asked.content).toMatchObject([{ attrs: { jid: `${ALICE}@s.whatsapp.net` } }]);
  });

  test('the whole way by a number: the code is typed into the phone, the device registered, connected, answered', async () => {
    const world = await openWhatsAppWorld(library as Baileys, {
      loggedIn: false,
      env: { WHATSAPP_AUTH: `+${ALICE}` },
    });
    const login = await until('the code', async () => (await statusOf(world))?.login);
    await until('the request', () => asksForCode(world.whatsApp));
    world.whatsApp.enterCode(login.pairingCode);
    await isUp(world);
    expect(await statusOf(world)).toMatchObject({ connects: 2 }); // WhatsApp wants a new connection after a login
    expect((await statusOf(world)).login).toBeUndefined();
    world.say('hello');
    await world.reply((text) => text === 'You said: hello');
    await world.restart();
    await isUp(world);
    expect(await statusOf(world)).toMatchObject({ connects: 1 });
  });

  test('a code that was typed in wrong logs nobody in', async () => {
    const world = await openWhatsAppWorld(library as Baileys, {
      loggedIn: false,
      env: { WHATSAPP_AUTH: ALICE },
    });
    const { pairingCode } = await until('the code', async () => (await statusOf(world))?.login);
    await until('the request', () => asksForCode(world.whatsApp));
    world.whatsApp.enterCode(pairingCode === 'AAAAAAAA' ? 'BBBBBBBB' : 'AAAAAAAA');
    await until('the refusal', () => world.whatsApp.wrongCodes === 1);
    expect(world.whatsApp.online).toBe(0);
  });

  test('a pairing that was left half done does not spoil the next one', async () => {
    const folder = temporaryFolder();
    const first = await connect(ALICE, folder);
    await until('the code', () => shownLogin(first.host));
    await first.channel.stop();
    const second = await connect('qr', folder);
    expect((await until('the code', () => shownLogin(second.host))).qr).toContain('wa.me');
  });

  test('the login is for the owner alone, in a handful of files', async () => {
    const { whatsApp, host, started, folder } = await connect();
    const shown = await until('the code', () => shownLogin(host));
    whatsApp.scan(shown.qr ?? '');
    await started;
    const files = readdirSync(folder);
    expect(files.length).toBeLessThanOrEqual(3);
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
  });

  test('a login that is of no use any more is taken away', async () => {
    const folder = temporaryFolder();
    logIn(library as Baileys, folder);
    const first = await connect('qr', folder);
    expect(await first.started).toBeNull();
    first.whatsApp.streamError('device_removed');
    await until('the loss', () => first.host.lostBy.length > 0);
    expect(first.host.lostBy[0]).toMatchObject({ fatal: true, code: '401' });
    await first.channel.stop();
    const second = await connect('qr', folder);
    expect((await until('a code', () => shownLogin(second.host))).qr).toContain('wa.me');
  });

  test('a damaged login is named and left as it is', async () => {
    const folder = temporaryFolder();
    const { writeFileSync, readFileSync } = await import('node:fs');
    writeFileSync(join(folder, 'login.db'), 'not a database at all, but long enough to be looked at');
    const { started } = await connect('qr', folder);
    expect(await started).toMatchObject({ fatal: true, code: 'damaged' });
    expect(readFileSync(join(folder, 'login.db'), 'utf8')).toContain('not a database');
  });

  test('a login that cannot be read at the moment is read later', async () => {
    const folder = temporaryFolder();
    logIn(library as Baileys, folder);
    const other = new DatabaseSync(join(folder, 'login.db'));
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    expect(await (await connect('qr', folder)).started).toMatchObject({ fatal: false, code: 'unreadable' });
    other.close();
    expect(await (await connect('qr', folder)).started).toBeNull();
  });

  test('stopped while it connects or waits for the scan, it closes its line', async () => {
    const { whatsApp, host, channel, started } = await connect();
    await until('the code', () => shownLogin(host));
    await channel.stop();
    await started;
    await until('no socket', () => whatsApp.open === 0);
  });

  test('a WhatsApp that does not greet is given up; the line is closed by force', async () => {
    const whatsApp = await startPhones(library as Baileys);
    whatsApp.silent = true;
    const folder = temporaryFolder();
    logIn(library as Baileys, folder);
    const timing = { ...TIMING, startMs: 600 };
    const channel = createWhatsAppChannel(
      { auth: 'qr', webUrl: whatsApp.url },
      recordingHost(new Map(), folder),
      timing,
    );
    await expect(channel.start()).rejects.toMatchObject({ remedy: 'retry', fatal: false });
    await channel.stop();
    await until('no socket', () => whatsApp.open === 0);
  });
});
