/** What an answer costs on the line of a page, from its tokens to the bytes of the connection, head and all. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { silentLogger } from '@mobyclaw/lib/logger';
import type { LiveBlock } from '@mobyclaw/protocol/live';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { LiveFeed } from '../live/live-feed.ts';
import { Store } from '../store/store.ts';
import { EventLog } from '../turns/event-log.ts';
import { streamBlocks } from './block-stream.ts';

/** English as a model writes it, in pieces of some four characters. */
const TEXT = readFileSync(new URL('../../../architecture.md', import.meta.url), 'utf8');
const TOKENS = TEXT.match(/ ?[A-Za-z]{1,10}|[^A-Za-z]{1,3}/g) ?? [];

test.each([10, 17, 40])(
  'an answer of a token each %i ms costs at most 1.3 times its text and 2 KB, and is whole',
  async (pauseMs) => {
    const store = new Store(join(temporaryFolder(), 'gateway.db'));
    const clock = new ManualClock();
    const events = new EventLog({ store, clock, logger: silentLogger });
    const live = new LiveFeed({ store, events, clock, version: '1' });
    let told = 0;
    const app = express();
    app.get('/', (request, response) =>
      streamBlocks(request, response, clock, (reader) =>
        live.join(null, (block) => {
          told += block.length;
          reader(block);
        }),
      ),
    );
    const server = createServer(app).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await until('a server', async () => server.listening);
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const gunzip = createGunzip();
    let bytes = 0;
    let head: Buffer | null = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => {
      bytes += data.length;
      if (!head) {
        gunzip.write(data);
        return;
      }
      head = Buffer.concat([head, data]);
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      gunzip.write(head.subarray(end + 4));
      head = null;
    });
    let plain = '';
    gunzip.setEncoding('utf8').on('data', (text: string) => (plain += text));
    socket.write('GET / HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\n\r\n');
    await until('the first block', async () => plain.includes('hello'));

    const turn = store.turns.insert({
      id: 't1',
      session: 'web:main',
      sender: 'owner',
      source: 'api',
      prompt: 'x',
      attachments: [],
      queueMode: null,
      createdAt: 0,
    });
    for (const token of TOKENS) {
      events.append(turn, { type: 'token', data: { text: token } });
      await clock.advance(pauseMs);
    }
    await clock.advance(100);
    const read = (): string =>
      plain
        .split('\n\n')
        .slice(1, -1)
        .flatMap((block) => {
          const held = JSON.parse(/^data:(.*)$/m.exec(block)?.[1] ?? '[]') as LiveBlock;
          return typeof held === 'string'
            ? [held]
            : held.flatMap((event) => (event.type === 'token' ? [event.data.text] : []));
        })
        .join('');
    await until('the whole text', async () => plain.length >= told, 60_000);
    expect(read()).toBe(TEXT);
    expect(bytes).toBeLessThan(1.3 * TEXT.length + 2048);
    const numbered = plain.split('\n\n').filter((block) => block.startsWith('id:')).length;
    expect(numbered).toBeGreaterThan(TOKENS.length / 100 - 2); // at least once a second
  },
);
