import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@mobyclaw/lib/clock';
import { expect, onTestFinished, test } from 'vitest';
import { BotApi } from './api.ts';
import { downloadFile } from './files.ts';

const TOKEN = '123456:TEST-token';

/** A Bot API that says a file is at `path`. */
async function serve(path: string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const method = request.url?.endsWith('/getFile');
    response.setHeader('content-type', 'application/json');
    response.end(
      method ? JSON.stringify({ ok: true, result: { file_id: 'f', file_path: path } }) : 'content',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const apiRoot = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const api = new BotApi({ token: TOKEN, apiRoot }, systemClock, 5000);
  onTestFinished(async () => {
    await api.close();
    server.close();
  });
  return { api, asked };
}

test.each(['documents/file_1.pdf', '@127.0.0.1/x', 'http://127.0.0.1:1/x'])(
  'a file at %j is fetched from the folder of the bot',
  async (path) => {
    const { api, asked } = await serve(path);
    expect(Buffer.from(await downloadFile(api, 'f', 100)).toString()).toBe('content');
    expect(asked).toEqual([`/bot${TOKEN}/getFile`, `/file/bot${TOKEN}/${path}`]);
  },
);

test.each(['../../bot/getMe', 'documents/../../x', '/etc/passwd', '//127.0.0.1/x'])(
  'a file at %j is not fetched',
  async (path) => {
    const { api, asked } = await serve(path);
    await expect(downloadFile(api, 'f', 100)).rejects.toMatchObject({ remedy: 'none' });
    expect(asked).toHaveLength(1);
  },
);
