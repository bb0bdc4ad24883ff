import { execFileSync } from 'node:child_process';
import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { uuidv7 } from '@mobyclaw/lib/uuid';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, onTestFinished, test } from 'vitest';
import { recordingHost } from '../../testing/recording-host.ts';
import { oggOpus } from '../../testing/speech-server.ts';
import { whatsAppLibrary } from '../../testing/whatsapp-library.ts';
import { logIn } from '../../testing/whatsapp-login.ts';
import { ALICE, startPhones, TIMING } from '../../testing/whatsapp-world.ts';
import { VOICE_NOTE } from '../ogg-opus.ts';
import { createWhatsAppChannel } from './index.ts';
import type { Baileys } from './library.ts';
import { mediaAddress } from './media.ts';

const library = await whatsAppLibrary();

/** https://github.com/WhiskeySockets/Baileys: AES-256-CBC by keys that come from the media key, and a mark of ten bytes. */
function seal(key: Buffer, data: Buffer, info: string): Buffer {
  const keys = Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), info, 112));
  const cipher = createCipheriv('aes-256-cbc', keys.subarray(16, 48), keys.subarray(0, 16));
  return Buffer.concat([cipher.update(data), cipher.final(), Buffer.alloc(10)]);
}

/** As WhatsApp sends a document with a caption, in a chat where messages disappear. */
function wrapped(message: object): object {
  return { ephemeralMessage: { message: { documentWithCaptionMessage: { message } } } };
}

/** @returns the address of what was uploaded */
async function mediaServer(sealed: Buffer): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === '/media') response.end(sealed);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/media`;
}

describe.skipIf(library === null)('media of WhatsApp', () => {
  async function connect() {
    const whatsApp = await startPhones(library as Baileys);
    const folder = temporaryFolder();
    logIn(library as Baileys, folder);
    const host = recordingHost(new Map(), folder);
    const channel = createWhatsAppChannel({ auth: 'qr', webUrl: whatsApp.url }, host, TIMING);
    onTestFinished(() => channel.stop());
    await channel.start();
    return { whatsApp, host, channel, alice: whatsApp.person(ALICE) };
  }

  test('a picture that came in is fetched and decrypted, up to the limit', async () => {
    const { whatsApp, host, channel, alice } = await connect();
    const key = randomBytes(32);
    const picture = randomBytes(50_000);
    const sealed = seal(key, picture, 'WhatsApp Image Keys');
    const url = await mediaServer(sealed);
    const imageMessage = {
      url,
      mediaKey: key,
      mimetype: 'image/png',
      caption: 'look',
      fileLength: picture.length,
    };
    whatsApp.say({ from: alice, message: { imageMessage } });
    const event = await until('the message', () => host.taken[0]);
    expect(event).toMatchObject({
      text: 'look',
      files: [{ kind: 'image', mime: 'image/png', bytes: 50_000 }],
    });
    const ref = event.type === 'message' ? (event.files[0]?.ref ?? '') : '';
    expect(Buffer.from(await channel.download(ref, 100_000)).equals(picture)).toBe(true);
    await expect(channel.download(ref, 10_000)).rejects.toMatchObject({ code: 'too-large', remedy: 'none' });
    await expect(channel.download(ref.replace('/media', '/gone'), 10_000)).rejects.toMatchObject({
      remedy: 'none',
    });
  });

  test.each([
    {
      what: 'a voice message',
      as: 'audioMessage',
      info: 'WhatsApp Audio Keys',
      given: { mimetype: 'audio/ogg; codecs=opus', ptt: true },
      seen: { kind: 'voice', mime: 'audio/ogg' },
    },
    {
      what: 'a document, with the words beside it,',
      as: 'documentMessage',
      info: 'WhatsApp Document Keys',
      given: { mimetype: 'application/pdf', fileName: 'plan.pdf', caption: 'read this' },
      seen: { kind: 'document', name: 'plan.pdf', mime: 'application/pdf' },
    },
  ])('$what comes in', async ({ as, info, given, seen }) => {
    const { whatsApp, host, channel, alice } = await connect();
    const [mediaKey, data] = [randomBytes(32), randomBytes(3000)];
    const url = await mediaServer(seal(mediaKey, data, info));
    const message = { [as]: { url, mediaKey, fileLength: data.length, ...given } };
    whatsApp.say({ from: alice, message: as === 'documentMessage' ? wrapped(message) : message });
    const event = await until('the message', () => host.taken[0]);
    expect(event).toMatchObject({ text: given.caption ?? '', files: [{ bytes: 3000, ...seen }] });
    const ref = event.type === 'message' ? (event.files[0]?.ref ?? '') : '';
    expect(Buffer.from(await channel.download(ref, 10_000)).equals(data)).toBe(true);
  });

  test.each([
    { path: '@127.0.0.1:PORT/media' },
    { path: ':secret@127.0.0.1:PORT/media' },
    { path: '.127.0.0.1:PORT/media' },
    { path: '' },
    { path: '127.0.0.1:PORT/media' },
    { url: 'https://169.254.169.254/latest/meta-data' },
    { url: 'https://mmg.whatsapp.net@127.0.0.1:PORT/media' },
    { url: 'https://mmg.whatsapp.net.example/media' },
    { url: 'https://mmg.whatsapp.net:PORT/media' },
    { url: 'http://mmg.whatsapp.net/media' },
    { url: 'no address' },
    {},
  ])('where a sender says that the file is at %j, nobody is asked', async (where) => {
    const { channel } = await connect();
    let asked = 0;
    const server = https.createServer(() => asked++).on('connection', () => asked++);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const ref = JSON.stringify({ type: 'image', key: 'AAAA', ...where }).replace('PORT', String(port));
    await expect(channel.download(ref, 100)).rejects.toMatchObject({ code: 'elsewhere', remedy: 'none' });
    expect(asked).toBe(0);
  });

  test('what the path of a file holds stays behind WhatsApp’s own host', () => {
    const hosts = ['/v/t62/x?ccb=11', '//127.0.0.1/x', '/\\127.0.0.1/x', '/@127.0.0.1/x'].map(
      (path) => mediaAddress({ path }, false).host,
    );
    expect(hosts).toEqual(Array(4).fill('mmg.whatsapp.net'));
  });

  test('a server that sends us on to another one is not followed', async () => {
    const { channel } = await connect();
    let asked = 0;
    const inner = createServer((_request, response) => response.end(String(asked++)));
    await new Promise<void>((resolve) => inner.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void inner.close());
    const location = `http://127.0.0.2:${(inner.address() as AddressInfo).port}/`;
    const server = createServer((_request, response) => response.writeHead(302, { location }).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/media`;
    const ref = JSON.stringify({ type: 'image', key: 'AAAA', url });
    await expect(channel.download(ref, 100)).rejects.toMatchObject({ code: 'elsewhere', remedy: 'none' });
    expect(asked).toBe(0);
  });

  test('what is not sealed by its key is told as such', async () => {
    const { channel } = await connect();
    const url = await mediaServer(randomBytes(200));
    const ref = JSON.stringify({ type: 'image', key: randomBytes(32).toString('base64'), url });
    await expect(channel.download(ref, 1000)).rejects.toMatchObject({ code: 'damaged', remedy: 'none' });
  });

  test.skipIf(!requireTool('openssl'))('a file is encrypted, uploaded, and shown on the phone', async () => {
    const { whatsApp, channel, alice } = await connect();
    const folder = temporaryFolder();
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '1'];
    const args = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      certificate,
      ...subject,
    ];
    execFileSync('openssl', args, { stdio: 'ignore' });
    const uploads: { path: string; bytes: number }[] = [];
    const server = https.createServer(
      { key: readFileSync(key), cert: readFileSync(certificate) },
      (request, response) => {
        let bytes = 0;
        request.on('data', (data: Buffer) => {
          bytes += data.length;
        });
        request.on('end', () => {
          uploads.push({ path: request.url ?? '', bytes });
          response.end(JSON.stringify({ url: 'https://mmg.whatsapp.net/x', direct_path: '/x' }));
        });
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const trusted = https.globalAgent.options.ca;
    https.globalAgent.options.ca = readFileSync(certificate);
    onTestFinished(() => {
      https.globalAgent.options.ca = trusted;
      server.closeAllConnections();
      server.close();
    });
    whatsApp.mediaHosts = [`localhost:${(server.address() as AddressInfo).port}`];
    const data = Buffer.from('a,b\n1,2\n');
    const file = { name: 'table.csv', mime: 'text/csv', data };
    expect(await channel.sendFile(`whatsapp:dm:${alice.jid}`, file, { nonce: uuidv7() })).toMatchObject({
      status: 'sent',
    });
    const picture = { name: 'dot.png', mime: 'image/png', data };
    expect(await channel.sendFile(`whatsapp:dm:${alice.jid}`, picture, { nonce: uuidv7() })).toMatchObject({
      status: 'sent',
    });
    const note = { name: 'answer.ogg', mime: VOICE_NOTE, data: oggOpus(3) };
    expect(await channel.sendFile(`whatsapp:dm:${alice.jid}`, note, { nonce: uuidv7() })).toMatchObject({
      status: 'sent',
    });
    expect(whatsApp.shown(alice).map(({ file: shown }) => shown)).toEqual([
      { kind: 'document', name: 'table.csv', caption: '' },
      { kind: 'image', name: '', caption: '' },
      { kind: 'voice', name: '', caption: '' },
    ]);
    expect(uploads.map(({ path }) => path.split('/')[2])).toEqual(['document', 'image', 'audio']);
    expect(uploads[0]?.bytes).toBeGreaterThan(data.length); // sealed
  });
});
