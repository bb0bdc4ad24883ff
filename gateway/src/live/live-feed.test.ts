import { textCheck } from '@mobyclaw/protocol/text-check';
import { expect, test } from 'vitest';
import { type Harness, openHarness } from '../testing/harness.ts';
import { LiveReader, liveText } from '../testing/live-reader.ts';

async function ask(moby: Harness, prompt: string, session = 'web:main', key?: string): Promise<string> {
  const { status, body } = await moby.call('POST', '/api/turns', {
    body: { prompt, session },
    ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
  });
  expect(status).toBe(202);
  return body.turn;
}

const isEnd = ({ type }: { type: string }): boolean => type === 'done' || type === 'error';

test('a page is told of a turn from its arrival to its end, whose text it has by its length and its checksum', async () => {
  const moby = await openHarness();
  const live = new LiveReader(moby);
  expect(await live.until(({ type }) => type === 'hello')).toMatchObject({
    resumed: false,
    open: [],
    lastMessage: 0,
  });
  const key = await ask(moby, 'hello tokens=30 tool=memory_append reasoning=2', 'web:main', 'k1');
  const turn = await live.until(({ type }) => type === 'turn');
  expect(turn).toMatchObject({ key, session: 'web:main', prompt: expect.stringContaining('hello') });
  expect(await live.until(({ type }) => type === 'queued')).toMatchObject({
    data: { key: 'k1', position: 0 },
  });
  const done = await live.until(isEnd);
  const { body } = await moby.call('GET', `/api/turns/${key}`);
  expect(liveText(live.events, 1)).toEqual({ text: body.text, repeats: 0 });
  expect(done).toMatchObject({ data: { chars: body.text.length, check: textCheck(body.text) } });
  expect(JSON.stringify(done)).not.toContain(body.text);
  const messages = live.events.filter(({ type }) => type === 'message');
  expect(messages).toMatchObject([
    { role: 'user', turn: key },
    { role: 'assistant', turn: key },
  ]);
});

test('one stream has all conversations, and pages that come and go see the same', async () => {
  const moby = await openHarness();
  const [one, two] = [new LiveReader(moby), new LiveReader(moby)];
  await Promise.all([one, two].map((live) => live.until(({ type }) => type === 'hello')));
  const keys = await Promise.all(
    ['web:a', 'cli:b', 'api:c'].map((session) => ask(moby, `in ${session} tokens=9`, session)),
  );
  for (const live of [one, two]) {
    for (const key of keys) await live.until((event) => event.type === 'done' && event.data.turn === key);
  }
  expect(two.events.filter(({ type }) => type !== 'hello')).toEqual(
    one.events.filter(({ type }) => type !== 'hello'),
  );
});

test('whoever joins in mid-answer, or comes back, has all of it once', async () => {
  const moby = await openHarness();
  const first = new LiveReader(moby);
  await first.until(({ type }) => type === 'hello');
  const key = await ask(moby, 'tokens=60 interval=5ms');
  const parts: LiveReader[] = [first];
  for (let cut = 0; cut < 4; cut++) {
    const live = parts.at(-1) as LiveReader;
    await live.until(({ type }) => type === 'token');
    live.leave();
    parts.push(new LiveReader(moby, live.lastId));
  }
  const last = parts.at(-1) as LiveReader;
  const late = new LiveReader(moby);
  await Promise.all([last.until(isEnd), late.until(isEnd)]);
  const { body } = await moby.call('GET', `/api/turns/${key}`);
  expect(
    liveText(
      parts.flatMap(({ events }) => events),
      1,
    ),
  ).toEqual({ text: body.text, repeats: 0 });
  expect(liveText(late.events, 1)).toEqual({ text: body.text, repeats: 0 });
  expect(parts.slice(1).every(({ events: [hello] }) => hello?.type === 'hello' && hello.resumed)).toBe(true);
});

test('what ended while a page was away is told when it comes back', async () => {
  const moby = await openHarness();
  const live = new LiveReader(moby);
  await live.until(({ type }) => type === 'hello');
  const { stream } = await moby.start('tokens=40 interval=5ms', { session: 'web:main' });
  await live.until(({ type }) => type === 'token');
  live.leave();
  await stream.all();
  const other = await moby.ask('said meanwhile', { session: 'web:other' });
  const back = new LiveReader(moby, live.lastId);
  const end = await back.until(isEnd);
  expect(end).toMatchObject({ turn: 1 });
  const heads = back.events.filter(({ type }) => type === 'message');
  expect(heads).toMatchObject([{ role: 'assistant' }, { turn: other.body.turn }, { turn: other.body.turn }]);
  const { body } = await moby.call('GET', '/api/sessions/web:main/messages');
  expect(liveText([...live.events, ...back.events], 1)).toEqual({ text: body.items[1].text, repeats: 0 });
});

test('another gateway goes on where the one before was', async () => {
  const before = await openHarness();
  const live = new LiveReader(before);
  await live.until(({ type }) => type === 'hello');
  const key = await ask(before, 'tokens=50 interval=20ms');
  await live.until(({ type }) => type === 'token');
  await before.close(0);
  await live.ended();
  const moby = await openHarness({ home: before.home });
  const back = new LiveReader(moby, live.lastId);
  await back.until(isEnd);
  const { body } = await moby.call('GET', `/api/turns/${key}`);
  expect(body.attempt).toBe(2);
  expect(liveText([...live.events, ...back.events], 1)).toEqual({ text: body.text, repeats: 0 });
});

test('a cursor of another database, or nonsense, begins anew', async () => {
  const moby = await openHarness();
  for (const since of ['999999', 'nonsense']) {
    const live = new LiveReader(moby, since);
    expect(await live.until(({ type }) => type === 'hello')).toMatchObject({ resumed: false });
    live.leave();
  }
});

test('what was changed by hand is told: words of a waiting turn, a title, a login', async () => {
  const moby = await openHarness();
  const live = new LiveReader(moby);
  await live.until(({ type }) => type === 'hello');
  await ask(moby, 'tokens=50 interval=20ms');
  const waiting = await ask(moby, 'wrong words');
  await live.until((event) => event.type === 'turn' && event.key === waiting);
  const changed = await moby.call('PATCH', `/api/turns/${waiting}`, { body: { prompt: 'right words' } });
  expect(changed.status).toBe(200);
  await live.until((event) => event.type === 'turn' && event.prompt === 'right words');
  await moby.call('PATCH', '/api/sessions/web:main', { body: { title: 'Plants' } });
  await live.until((event) => event.type === 'changed' && event.topics.includes('sessions'));
  expect((await moby.call('GET', '/api/sessions/web:main')).body).toMatchObject({
    title: 'Plants',
    opening: expect.stringContaining('tokens=50'),
  });
  await moby.call('POST', '/api/tokens', { body: { name: 'x', scope: 'read' } });
  await live.until((event) => event.type === 'changed' && event.topics.includes('tokens'));
  await live.until((event) => event.type === 'done' && event.turn === 2);
  expect(moby.agent?.stats().runs.at(-1)?.prompt).toContain('right words');
  const late = await moby.call('PATCH', `/api/turns/${waiting}`, { body: { prompt: 'too late' } });
  expect(late.status).toBe(409);
});
