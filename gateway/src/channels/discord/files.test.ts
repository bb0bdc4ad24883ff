import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { DiscordApi } from './api.ts';
import { downloadFile, type FileRef } from './files.ts';

/** A server that says what it was asked for, and the API that is at the same place. */
async function serve() {
  const server = createServer((request, response) => response.end(request.url));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { root, api: { root } as DiscordApi }; // a fresh address is not needed
}

test('a smaller rendition is asked for at the media proxy, with the signature of the address', async () => {
  const { root, api } = await serve();
  const proxy = `${root}/a/x.heic?ex=1&hm=2`;
  const shrunk = { url: proxy, query: 'format=jpeg&width=10&height=5' };
  const ref: FileRef = { channel: '1', message: '2', file: '3', url: 'http://127.0.0.1:1/never', shrunk };
  const data = await downloadFile(api, JSON.stringify(ref), 1000);
  expect(Buffer.from(data).toString()).toBe('/a/x.heic?ex=1&hm=2&format=jpeg&width=10&height=5');
});

test.each([
  'http://localhost:PORT/x', // by another name
  'http://cdn.discordapp.com/x',
  'https://cdn.discordapp.com.example/x',
  'https://cdn.discordapp.com@127.0.0.1:PORT/x',
  'no address',
])('a file is not fetched from %s', async (address) => {
  const { root, api } = await serve();
  const url = address.replace('PORT', new URL(root).port);
  const ref: FileRef = { channel: '1', message: '2', file: '3', url };
  await expect(downloadFile(api, JSON.stringify(ref), 1000)).rejects.toMatchObject({ code: 'elsewhere' });
});
