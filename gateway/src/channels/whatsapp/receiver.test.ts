import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type RecordingHost, recordingHost } from '../../testing/recording-host.ts';
import { whatsAppLibrary } from '../../testing/whatsapp-library.ts';
import { logIn } from '../../testing/whatsapp-login.ts';
import { ALICE, startPhones, TIMING } from '../../testing/whatsapp-world.ts';
import { createWhatsAppChannel } from './index.ts';
import type { Baileys } from './library.ts';
import { LoginStore } from './login-store.ts';

const library = await whatsAppLibrary();

function texts({ taken }: RecordingHost): string[] {
  return taken.map((event) => (event.type === 'moved' ? '' : event.text));
}

describe.skipIf(library === null)('the receive path of WhatsApp', () => {
  async function setUp() {
    const whatsApp = await startPhones(library as Baileys);
    const folder = temporaryFolder();
    const keys = logIn(library as Baileys, folder);
    const alice = whatsApp.person(ALICE);
    const open = async () => {
      const host = recordingHost(new Map(), folder);
      const channel = createWhatsAppChannel({ auth: 'qr', webUrl: whatsApp.url }, host, TIMING);
      onTestFinished(() => channel.stop());
      return { host, channel };
    };
    return { whatsApp, keys, alice, open, folder };
  }

  test('an encrypted message is read, and confirmed to WhatsApp', async () => {
    const { whatsApp, keys, alice, open } = await setUp();
    const { host, channel } = await open();
    await channel.start();
    await whatsApp.sayEncrypted({ from: alice, text: 'sealed' }, keys);
    await until('the message', () => host.taken.length > 0);
    expect(texts(host)).toEqual(['sealed']);
    await until('the confirmation', () => whatsApp.waiting.length === 0);
  });

  test('what was confirmed but not stored is worked on by the next process, though it can be decrypted only once', async () => {
    const { whatsApp, keys, alice, open } = await setUp();
    const first = await open();
    await first.channel.start();
    first.host.disk = () => Promise.reject(new Error('the disk is full'));
    await whatsApp.sayEncrypted({ from: alice, text: 'precious' }, keys);
    await until('the confirmation', () => whatsApp.waiting.length === 0);
    await first.channel.stop();
    expect(first.host.taken).toEqual([]);
    const second = await open();
    await second.channel.start();
    await until('the message', () => second.host.taken.length > 0);
    expect(texts(second.host)).toEqual(['precious']);
    await second.channel.stop();
    const third = await open();
    await third.channel.start();
    whatsApp.say({ from: alice, text: 'after' });
    await until('the next message', () => third.host.taken.length > 0);
    expect(texts(third.host)).toEqual(['after']);
  });

  test('a disk that is full for a while loses nothing', async () => {
    const { whatsApp, alice, open } = await setUp();
    const { host, channel } = await open();
    await channel.start();
    let full = true;
    host.disk = () => (full ? Promise.reject(new Error('the disk is full')) : Promise.resolve());
    whatsApp.say({ from: alice, text: 'one' });
    whatsApp.say({ from: alice, text: 'two' });
    await until('the confirmations', () => whatsApp.waiting.length === 0);
    full = false;
    await until('both', () => host.taken.length === 2);
    expect(texts(host)).toEqual(['one', 'two']);
  });

  test('a stanza that ends the process each time is dropped in the end', async () => {
    const { whatsApp, keys, alice, open, folder } = await setUp();
    const store = new LoginStore(join(folder, 'login.db'), library as Baileys);
    const node = { tag: 'message', attrs: { id: 'X', from: alice.jid, t: '1' }, content: [] };
    store.arrives('bad', (library as Baileys).encodeBinaryNode(node), Date.now());
    for (let time = 1; time <= 5; time++) expect(store.resumes('bad')).toBe(time); // each was killed after this
    store.close();
    const { host, channel } = await open();
    await channel.start();
    expect(host.logged.map(({ msg }) => msg)).toEqual([expect.stringContaining('ended Moby too often')]);
    await whatsApp.sayEncrypted({ from: alice, text: 'after' }, keys);
    await until('the message', () => host.taken.length > 0);
    expect(texts(host)).toEqual(['after']);
  });

  test('a stanza that was read, and could not be stored, is never dropped', async () => {
    const { whatsApp, keys, alice, open, folder } = await setUp();
    const first = await open();
    await first.channel.start();
    first.host.disk = () => Promise.reject(new Error('the disk is full'));
    await whatsApp.sayEncrypted({ from: alice, text: 'precious' }, keys);
    await until('a failed try', () => first.host.logged.length > 0);
    await first.channel.stop();
    for (let time = 1; time <= 7; time++) {
      const again = await open();
      again.host.disk = () => Promise.reject(new Error('the disk is full'));
      await again.channel.start();
      await until('a failed try', () => again.host.logged.length > 0);
      await again.channel.stop();
    }
    const store = new LoginStore(join(folder, 'login.db'), library as Baileys);
    expect(store.unfinished()).toHaveLength(1);
    store.close();
    const last = await open();
    await last.channel.start();
    await until('the message', () => last.host.taken.length > 0);
    expect(texts(last.host)).toEqual(['precious']);
  });

  test('a stanza that cannot be decoded is dropped, and those beside it are worked on', async () => {
    const { whatsApp, keys, alice, open, folder } = await setUp();
    const store = new LoginStore(join(folder, 'login.db'), library as Baileys);
    store.arrives('broken', Buffer.from([0, 248, 9, 9, 255]), Date.now());
    store.close();
    const { host, channel } = await open();
    await channel.start();
    await whatsApp.sayEncrypted({ from: alice, text: 'after' }, keys);
    await until('the message', () => host.taken.length > 0);
    expect(texts(host)).toEqual(['after']);
    expect(host.logged.map(({ msg }) => msg)).toEqual([expect.stringContaining('could not be decoded')]);
    await channel.stop();
    const next = await open();
    await next.channel.start();
    expect(next.host.logged).toEqual([]);
  });

  test('the line shows life while nobody writes', async () => {
    const { open } = await setUp();
    const { host, channel } = await open();
    await channel.start();
    const { signs } = host;
    await until('answers to pings', () => host.signs > signs + 2);
  });

  test('pictures of an album belong together, also where messages disappear', async () => {
    const { whatsApp, alice, open } = await setUp();
    const { host, channel } = await open();
    await channel.start();
    const parentMessageKey = { id: 'ALBUM', remoteJid: alice.jid };
    const messageContextInfo = { messageAssociation: { parentMessageKey, associationType: 1 } };
    const imageMessage = { mediaKey: Buffer.alloc(32, 1), directPath: '/m', mimetype: 'image/jpeg' };
    whatsApp.say({ from: alice, message: { imageMessage, messageContextInfo } });
    const wrapped = { ephemeralMessage: { message: { imageMessage } }, messageContextInfo };
    whatsApp.say({ from: alice, message: wrapped });
    await until('both', () => host.taken.length === 2);
    const albums = host.taken.map((event) => (event.type === 'message' ? event.album : null));
    expect(albums).toEqual(['ALBUM', 'ALBUM']);
  });

  test('what is not a message of a person is passed over', async () => {
    const { whatsApp, alice, open } = await setUp();
    const { host, channel } = await open();
    await channel.start();
    const reactionMessage = { key: { id: 'X', remoteJid: alice.jid }, text: '👍' };
    whatsApp.say({ from: alice, message: { reactionMessage } });
    whatsApp.say({ from: alice, message: { ephemeralMessage: { message: { conversation: 'wrapped' } } } });
    await until('the wrapped one', () => host.taken.length > 0);
    expect(texts(host)).toEqual(['wrapped']);
  });
});
