/** Questions through the whole gateway: asked, answered, told, with a fake agent of each generation. */
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, test } from 'vitest';
import { EventStream, type Harness, openHarness } from '../testing/harness.ts';
import { LiveReader } from '../testing/live-reader.ts';
import { answer, asked, openQuestions } from '../testing/question-world.ts';

describe.each(['array', 'object'] as const)('generation %s', (generation) => {
  test('a tool that needs a confirmation runs once the owner has allowed it', async () => {
    const moby = await openHarness({ agent: { generation } });
    const { stream } = await moby.start('confirm tool=shell');
    const question = await asked(moby);
    expect(question).toMatchObject({
      kind: 'tool',
      title: 'Moby wants to use shell.',
      asker: 'owner',
      details: { tool: 'shell' },
      options: [{ id: 'once' }, { id: 'turn' }, { id: 'no' }],
      fallback: 'no',
      chat: null,
    });
    expect(moby.agent?.stats().executions).toEqual([]);
    const { status, body } = await answer(moby, question, { option: 'once' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: 'answered', answer: { option: 'once', door: 'cli' } });
    expect(body.outcome).toMatch(/^Allowed once by the owner in the terminal at \d\d:\d\d\.$/);
    const events = await stream.all();
    expect(events.at(-1)?.type).toBe('done');
    expect(moby.agent?.stats().executions).toHaveLength(1);
    const told = events.flatMap((event) => (event.type === 'question' ? [event.data.state] : []));
    expect(told).toEqual(['open', 'answered']);
  });

  test('a no is told with its reason, and nothing runs', async () => {
    const moby = await openHarness({ agent: { generation } });
    const { stream } = await moby.start('confirm tool=shell');
    await answer(moby, await asked(moby), { option: 'no', reason: 'use the calendar instead' });
    expect((await stream.all()).at(-1)?.type).toBe('done');
    expect(moby.agent?.stats().executions).toEqual([]);
    expect(moby.agent?.answers().at(-1)?.body).toContain('use the calendar instead');
  });
});

test('the first answer counts; a later one is told what was decided', async () => {
  const moby = await openHarness();
  const { stream } = await moby.start('confirm tool=shell');
  const { id } = await asked(moby);
  const [first, second] = await Promise.all([
    answer(moby, { id }, { option: 'no' }),
    answer(moby, { id }, { option: 'once' }),
  ]);
  expect([first.status, second.status]).toEqual([200, 409]);
  expect(second.body.detail).toContain('Refused by the owner in the terminal');
  await stream.all();
  expect(moby.agent?.stats().executions).toEqual([]);
});

test('what is no answer is refused, and the question stays open', async () => {
  const moby = await openHarness();
  await moby.start('confirm tool=shell');
  const { id } = await asked(moby);
  expect((await answer(moby, { id }, { option: 'always' })).status).toBe(422);
  expect((await answer(moby, { id }, { value: 'yes' })).status).toBe(422);
  expect((await answer(moby, { id }, {})).status).toBe(422);
  expect((await answer(moby, { id: 'a-guess' }, { option: 'once' })).status).toBe(404);
  expect(await openQuestions(moby)).toHaveLength(1);
});

test('a question is followed from its asking to its end', async () => {
  const moby = await openHarness();
  await moby.start('confirm tool=shell');
  const { id } = await asked(moby);
  const stream = new EventStream(moby, 'GET', '/api/questions/events');
  const first = await stream.next();
  expect(first).toMatchObject({ type: 'question', data: { id, state: 'open', details: { tool: 'shell' } } });
  await answer(moby, { id }, { option: 'once' });
  expect(await stream.next()).toMatchObject({ type: 'question', data: { id, state: 'answered' } });
  stream.leave();
  const again = new EventStream(moby, 'GET', `/api/questions/events?since=${first?.id}`);
  expect(await again.next()).toMatchObject({ data: { id, state: 'answered' } });
  again.leave();
});

test('a token of scope chat sees no question, one of scope read answers none', async () => {
  const moby = await openHarness();
  await moby.start('confirm tool=shell');
  const { id } = await asked(moby);
  const token = async (scope: string) => {
    const { body } = await moby.call('POST', '/api/tokens', { body: { name: `t-${scope}`, scope } });
    return { authorization: `Bearer ${body.token}` };
  };
  const [chat, read] = [await token('chat'), await token('read')];
  expect((await moby.call('GET', '/api/questions', { headers: chat })).status).toBe(403);
  expect((await moby.call('GET', '/api/questions', { headers: read })).status).toBe(200);
  for (const headers of [chat, read]) {
    const refused = await moby.call('POST', `/api/questions/${id}/answer`, {
      body: { option: 'once' },
      headers,
    });
    expect(refused.status).toBe(403);
  }
  expect(await openQuestions(moby)).toHaveLength(1);
});

test('a page is told that a question came and went, and its answer was given on the page', async () => {
  const moby = await openHarness();
  const live = new LiveReader(moby);
  await live.until(({ type }) => type === 'hello');
  const changes = (): number =>
    live.events.filter((event) => event.type === 'changed' && event.topics.includes('questions')).length;
  await moby.start('confirm tool=shell');
  const { id } = await asked(moby);
  await until('word of the question', () => changes() > 0);
  const before = changes();
  const headers = await pageHeaders(moby);
  const { status, body } = await moby.call('POST', `/api/questions/${id}/answer`, {
    body: { option: 'once' },
    headers,
  });
  expect(status).toBe(200);
  expect(body.answer).toMatchObject({ door: 'page', by: 'the owner' });
  expect(body.outcome).toMatch(/^Allowed once by the owner on the page at/);
  await until('word of the answer', () => changes() > before);
});

/** As a browser that was let in sends them. */
async function pageHeaders(moby: Harness): Promise<Record<string, string>> {
  const headers = {
    authorization: '',
    origin: `http://127.0.0.1:${moby.port}`,
    'sec-fetch-site': 'same-origin',
  };
  const { body } = await moby.call('POST', '/api/login/codes');
  const answered = await moby.call('POST', '/api/login', { body: { code: body.code }, headers });
  const [cookie = ''] = (answered.headers['set-cookie'] ?? []) as string[];
  return { ...headers, cookie: cookie.split(';')[0] ?? '' };
}
