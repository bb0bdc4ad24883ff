/** A form of an MCP server, through the embedded agent, the gateway and the owner's answers, back to the model. */
import { fileURLToPath } from 'node:url';
import type { Question } from '@mobyclaw/protocol/question';
import { expect, test } from 'vitest';
import { calls, type EmbeddedWorld, embeddedWorld } from '../testing/embedded-world.ts';

const SERVER = fileURLToPath(new URL('../testing/form-server.mjs', import.meta.url));
const TOOLSETS = `      - { type: mcp, command: ${JSON.stringify(process.execPath)}, args: [${JSON.stringify(SERVER)}] }\n`;

function world(form: object): Promise<EmbeddedWorld> {
  return embeddedWorld({
    toolsets: TOOLSETS,
    script: ({ messages }) => {
      const last = messages.at(-1);
      return last?.role === 'tool'
        ? { text: [`It said ${String(last.content)}`] }
        : calls('fill_in', { form });
    },
  });
}

const properties = {
  guests: { type: 'integer', minimum: 1, maximum: 9 },
  window: { type: 'boolean' },
  mail: { type: 'string', format: 'email' },
  key: { type: 'string', title: 'Code of the door' },
};

test('its fields are asked one after the other, a wrong answer again, a secret never kept; the tool gets the content', async () => {
  const { moby, asked, answer } = await world({
    message: 'A table for whom?',
    requestedSchema: { type: 'object', properties, required: Object.keys(properties) },
  });
  const { stream } = await moby.start('book a table');
  const guests = await asked();
  expect(guests).toMatchObject({ kind: 'form', input: { type: 'integer', minimum: 1, maximum: 9 } });
  expect(guests.text).toContain('A table for whom?');
  expect((await answer(guests.id, { value: '10' })).body.detail).toContain('9 is the most');
  expect((await answer(guests.id, { value: '4' })).status).toBe(200);
  const window = await next(asked, guests);
  await answer(window.id, { option: 'yes' });
  const mail = await next(asked, window);
  expect((await answer(mail.id, { value: 'nobody' })).body.detail).toContain('no e-mail address');
  await answer(mail.id, { value: 'ada@example.org' });
  const key = await next(asked, mail);
  expect(key).toMatchObject({ input: { secret: true }, chat: null });
  const { body } = await answer(key.id, { value: 'hunter2' });
  expect(body.answer.value).toBeUndefined();
  const done = (await stream.all()).at(-1);
  const content = { guests: 4, window: true, mail: 'ada@example.org', key: 'hunter2' };
  expect(done).toMatchObject({
    type: 'done',
    data: { text: `It said ${JSON.stringify({ action: 'accept', content })}` },
  });
  const kept = JSON.stringify((await moby.call('GET', '/api/questions?state=all')).body);
  expect(kept).not.toContain('hunter2');
}, 60_000);

const MANY = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`f${index}`, { type: 'boolean' }]));

test('a form that cannot be asked is declined, and the person is told why', async () => {
  const { moby } = await world({
    message: 'Where?',
    requestedSchema: { type: 'object', properties: MANY },
  });
  const { stream } = await moby.start('book a table');
  const events = await stream.all();
  expect(events.at(-1)).toMatchObject({ type: 'done', data: { text: 'It said {"action":"decline"}' } });
  const notices = events.flatMap((event) => (event.type === 'notice' ? [event.data.text] : []));
  expect(notices.join()).toMatch(/form that cannot be asked, so it was declined: it has 21 fields/);
  expect((await moby.call('GET', '/api/questions?state=all')).body.items).toEqual([]);
}, 60_000);

test('who does not want to be asked is not: forms and tools are refused at once', async () => {
  const { moby } = await world({ message: 'Which?', requestedSchema: { type: 'object', properties } });
  const { body } = await moby.call('POST', '/prompt', { body: { prompt: 'book a table', noAsk: true } });
  expect(body.text).toContain('It said {"action":"decline"}');
  expect((await moby.call('GET', '/api/questions?state=all')).body.items).toEqual([]);
}, 60_000);

test('the model itself asks by user_prompt; without a schema any text is an answer', async () => {
  const asking = { message: 'Which colour?', title: 'Colour' };
  const { moby, asked, answer } = await embeddedWorld({
    toolsets: '      - type: user_prompt\n',
    script: ({ messages }) => {
      const last = messages.at(-1);
      return last?.role === 'tool'
        ? { text: [`It said ${String(last.content)}`] }
        : calls('user_prompt', asking);
    },
  });
  const { stream } = await moby.start('paint it');
  const question = await asked();
  expect(question).toMatchObject({ kind: 'form', input: { type: 'text' }, options: [{ id: 'decline' }] });
  expect(question.text).toContain('Which colour?');
  await answer(question.id, { value: 'light blue' });
  const said = '{"action":"accept","content":{"response":"light blue"}}';
  expect((await stream.all()).at(-1)).toMatchObject({ type: 'done', data: { text: `It said ${said}` } });
  const again = await moby.start('and this');
  await answer((await asked()).id, { option: 'decline' });
  expect((await again.stream.all()).at(-1)).toMatchObject({ data: { text: 'It said {"action":"decline"}' } });
}, 60_000);

/** The next one, once the one before is settled. */
async function next(asked: () => Promise<Question>, before: Question): Promise<Question> {
  for (;;) {
    const question = await asked();
    if (question.id !== before.id) return question;
  }
}
