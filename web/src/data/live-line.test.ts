import type { LiveEvent } from '@mobyclaw/protocol/live';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { until } from '@mobyclaw/testkit/until';
import { expect, test } from 'vitest';
import { LiveLine } from './live-line.ts';

interface Connection {
  since: string | null;
  send(text: string): void;
  cut(): void;
  aborted: boolean;
}

function place() {
  const clock = new ManualClock();
  const connections: Connection[] = [];
  const applied: LiveEvent[] = [];
  let refusal: Response | null = null;
  const line = new LiveLine({
    open(since, signal) {
      if (refusal) return Promise.resolve(refusal);
      let source: ReadableStreamDefaultController<Uint8Array> | undefined;
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          source = controller;
        },
      });
      const encoder = new TextEncoder();
      const connection: Connection = {
        since,
        aborted: false,
        send: (text) => source?.enqueue(encoder.encode(text)),
        cut: () => source?.error(new Error('cut')),
      };
      signal.addEventListener('abort', () => {
        connection.aborted = true;
        source?.error(signal.reason); // as fetch does
      });
      connections.push(connection);
      return Promise.resolve(new Response(body));
    },
    apply: (block) => void applied.push(...(typeof block === 'string' ? [] : block)),
    onRefused: async ({ status }) => status !== 401,
    clock: {
      now: () => clock.now(),
      random: () => 1,
      after: (ms, work) => {
        const timer = clock.after(ms, work);
        return () => timer.cancel();
      },
    },
  });
  return {
    clock,
    connections,
    applied,
    line,
    refuse: (status: number | null) => {
      refusal = status === null ? null : new Response('', { status });
    },
    connection: (index: number) => until(`connection ${index}`, async () => connections[index] ?? false),
    state: (name: string) => until(name, async () => line.state.value === name),
  };
}

const block = (id: string, version: string): string =>
  `id: ${id}\ndata: ${JSON.stringify([{ type: 'hello', version, resumed: true, open: [], lastMessage: 0 }])}\n\n`;

test('comes back to the last block that was whole, and a block that was cut comes again', async () => {
  const { line, connection, clock, applied, state } = place();
  line.start();
  const first = await connection(0);
  expect(first.since).toBeNull();
  first.send(block('1', 'a'));
  first.send(block('2', 'ö').slice(0, 40));
  await state('live');
  first.cut();
  await state('broken');
  await clock.advance(300);
  const second = await connection(1);
  expect(second.since).toBe('1');
  for (const byte of block('2', 'ö')) second.send(byte);
  await state('live');
  expect(applied).toMatchObject([{ version: 'a' }, { version: 'ö' }]);
});

test('waits longer after each failure, and not at all where something says that the line is back', async () => {
  const { line, connections, clock, refuse, state } = place();
  refuse(503);
  line.start();
  await state('broken');
  await clock.advance(20_000);
  refuse(null);
  const before = connections.length;
  line.look();
  await until('a connection at once', async () => connections.length > before);
});

test('a line that is silent is given up; signs of life keep it', async () => {
  const { line, connection, connections, clock, state } = place();
  line.start();
  const first = await connection(0);
  first.send(block('7', 'a'));
  await state('live');
  for (let beat = 0; beat < 6; beat++) {
    first.send(': still here\n\n');
    await clock.advance(15_000);
  }
  expect(connections).toHaveLength(1);
  await clock.advance(60_000);
  expect([(await connection(1)).since, first.aborted]).toEqual(['7', true]);
});

test('a tab that comes to the front after a sleep looks at once', async () => {
  const { line, connection, clock, state } = place();
  line.start();
  (await connection(0)).send(block('7', 'a'));
  await state('live');
  clock.jump(25_000);
  line.look();
  expect((await connection(1)).since).toBe('7');
});

test('a page that nobody sees lets go, and takes up where it was', async () => {
  const { line, connection, clock, state } = place();
  line.start();
  const first = await connection(0);
  first.send(block('7', 'a'));
  await state('live');
  line.hide();
  for (let beat = 0; beat < 4; beat++) {
    first.send(': still here\n\n');
    await clock.advance(15_000);
  }
  expect([line.state.value, first.aborted]).toEqual(['resting', true]);
  line.look();
  expect((await connection(1)).since).toBe('7');
});

test('whoever is not let in is not asked for again and again', async () => {
  const { line, connections, clock, refuse } = place();
  refuse(401);
  line.start();
  await clock.advance(120_000);
  expect(connections).toHaveLength(0);
});
