import { expect, test } from 'vitest';
import { openHarness } from '../../testing/harness.ts';

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

test('a turn is begun without waiting for it; the same key is the same turn', async () => {
  const moby = await openHarness();
  const ask = (prompt: string) =>
    moby.call('POST', '/api/turns', {
      body: { prompt, session: 'web:main' },
      headers: { 'idempotency-key': 'k' },
    });
  const first = await ask('tokens=50 interval=20ms');
  expect(first.status).toBe(202);
  expect(first.body).toMatchObject({ session: 'web:main', position: 0, duplicate: false });
  expect((await ask('tokens=50 interval=20ms')).body).toMatchObject({
    turn: first.body.turn,
    duplicate: true,
  });
  expect((await ask('other words')).status).toBe(422);
});

test('all browsers are one client: a message that was sent under one login is the same under the next', async () => {
  const moby = await openHarness();
  const page = { authorization: '', origin: `http://127.0.0.1:${moby.port}` };
  const turns: string[] = [];
  for (let login = 0; login < 2; login++) {
    const { code } = (await moby.call('POST', '/api/login/codes')).body;
    const { headers } = await moby.call('POST', '/api/login', { body: { code }, headers: page });
    const [cookie = ''] = String(headers['set-cookie']).split(';');
    const sent = await moby.call('POST', '/api/turns', {
      body: { prompt: 'once', session: 'web:main' },
      headers: { ...page, cookie, 'idempotency-key': 'k' },
    });
    turns.push(sent.body.turn);
  }
  expect(turns[0]).toBeTypeOf('string');
  expect(turns[1]).toBe(turns[0]);
});

test('files of a message are shown with it and come back as downloads; a program in SVG is no picture', async () => {
  const moby = await openHarness();
  const attachments = [
    { name: 'a "cat" – 猫.png', mime: 'image/png', data: PIXEL },
    { name: 'notes.txt', mime: 'text/plain', data: Buffer.from('<script>').toString('base64') },
  ];
  const { body } = await moby.call('POST', '/prompt', {
    body: { prompt: 'look', session: 'web:main', attachments },
  });
  const { body: page } = await moby.call('GET', '/api/sessions/web:main/messages');
  expect(page.items[0]).toMatchObject({
    role: 'user',
    files: [{ name: 'a "cat" – 猫.png', mime: 'image/png' }, { name: 'notes.txt' }],
  });
  expect(page.items[1]).toMatchObject({ role: 'assistant', usage: { model: expect.any(String) } });
  const picture = await moby.call('GET', `/api/turns/${body.turn}/files/0`);
  expect(picture.headers['content-type']).toBe('image/png');
  expect(picture.headers['content-disposition']).toBe(
    `attachment; filename*=UTF-8''a%20%22cat%22%20%E2%80%93%20%E7%8C%AB.png`,
  );
  const text = await moby.call('GET', `/api/turns/${body.turn}/files/1`);
  expect([text.headers['content-type'], text.body]).toEqual(['application/octet-stream', '<script>']);
  expect(text.headers['content-security-policy']).toContain('sandbox');
  for (const index of ['2', '-1', 'x', '0x0'])
    expect((await moby.call('GET', `/api/turns/${body.turn}/files/${index}`)).status).toBe(404);
});

test('the same is asked once more, with its files', async () => {
  const moby = await openHarness();
  const attachments = [{ name: 'a.png', mime: 'image/png', data: PIXEL }];
  const { body } = await moby.call('POST', '/prompt', {
    body: { prompt: 'look', session: 'web:main', attachments },
  });
  const again = await moby.call('POST', `/api/turns/${body.turn}/again`, {
    headers: { 'idempotency-key': 'a1' },
  });
  const repeat = await moby.call('POST', `/api/turns/${body.turn}/again`, {
    headers: { 'idempotency-key': 'a1' },
  });
  expect([again.status, repeat.body.turn]).toEqual([202, again.body.turn]);
  expect(again.body.turn).not.toBe(body.turn);
  await moby.follow(again.body.turn).all();
  const { body: page } = await moby.call('GET', '/api/sessions/web:main/messages');
  expect(page.items[2]).toMatchObject({ text: 'look', files: [{ name: 'a.png' }] });
});

test('why something was not answered stands at its last message', async () => {
  const moby = await openHarness();
  await moby.ask('error=400', { session: 'web:main' });
  const { body } = await moby.call('GET', '/api/sessions/web:main/messages');
  expect(body.items.at(-1)).toMatchObject({ role: 'user', error: { message: expect.any(String) } });
});

test('messages from one on come oldest first', async () => {
  const moby = await openHarness();
  for (const prompt of ['one', 'two', 'three']) await moby.ask(prompt, { session: 'web:main' });
  const { body } = await moby.call('GET', '/api/sessions/web:main/messages?from=3&limit=2');
  expect(body.items.map(({ id }: { id: number }) => id)).toEqual([3, 4]);
});
