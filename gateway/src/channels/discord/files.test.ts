import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { DiscordApi } from './api.ts';
import { downloadFile, type FileRef } from './files.ts';

test('a smaller rendition is asked for at the media proxy, with the signature of the address', async () => {
  const server = createServer((request, response) => response.end(request.url));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a/x.heic?ex=1&hm=2`;
  const shrunk = { url: proxy, query: 'format=jpeg&width=10&height=5' };
  const ref: FileRef = { channel: '1', message: '2', file: '3', url: 'http://127.0.0.1:1/never', shrunk };
  const nobody = {} as DiscordApi; // a fresh address is not needed
  const data = await downloadFile(nobody, JSON.stringify(ref), 1000);
  expect(Buffer.from(data).toString()).toBe('/a/x.heic?ex=1&hm=2&format=jpeg&width=10&height=5');
});
