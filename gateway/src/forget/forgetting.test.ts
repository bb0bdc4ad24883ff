/**
 * A canary comes in by every door, is forgotten, and is then in no byte of the data directory, which the gateway, the memory server
 * and an embedded agent write for real; and everything else is there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Phrase } from '@mobyclaw/recall/phrase';
import { expect, test } from 'vitest';
import { ActingAgent } from '../testing/acting-agent.ts';
import { CANARY, forget, holding, SPELLINGS } from '../testing/canary.ts';
import { openHarness } from '../testing/harness.ts';
import { startMemoryServer } from '../testing/memory-server.ts';

async function world() {
  const memory = await startMemoryServer();
  const agent = new ActingAgent();
  agent.memory = memory.url;
  const moby = await openHarness({ home: memory.home, env: memory.env, agent: { script: agent.script } });
  agent.port = moby.port;
  return { memory, agent, moby };
}

test('a canary that came in by every door is in no byte afterwards, and the rest is', async () => {
  const { memory, agent, moby } = await world();
  const { home } = memory;
  await moby.ask('The weather is fine, and this stays', { session: 'cli:main' });
  await moby.ask(`My ${CANARY} sings`, { session: 'cli:main', key: `a key ${CANARY.replace(' ', '-')}` });
  await moby.ask('as JSON: {"bird":"Kanarienv\\u00f6gel Gr\\u00f6\\u00dfe"}', { session: 'cli:json' });
  await moby.ask(`KANARIENVO\u0308GEL\u00a0GRO\u0308SSE`, { session: 'cli:other' });
  const data = Buffer.from(`Notes\n${CANARY}\n`).toString('base64');
  await moby.call('POST', '/prompt', {
    body: {
      prompt: 'read it',
      session: 'cli:file',
      attachments: [
        { name: 'notes.txt', mime: 'text/plain', data },
        { name: `${CANARY}.txt`, mime: 'text/plain', data: Buffer.from('x').toString('base64') },
        { name: 'kept.txt', mime: 'text/plain', data: Buffer.from('kept').toString('base64') },
      ],
    },
  });
  const noted = agent.onMessage('note it', 'memory_append', { text: `He has a ${CANARY}.` });
  await moby.ask('note it', { session: 'cli:main' });
  await noted;
  const kept = agent.onMessage('note this', 'memory_append', { text: 'He has a cat.' });
  await moby.ask('note this', { session: 'cli:main' });
  await kept;
  const job = { name: 'birds', message: `Feed the ${CANARY}`, cron: '0 8 * * *', channel: 'cli:main' };
  expect((await moby.call('POST', '/api/jobs', { body: job })).status).toBe(201);
  await moby.call('PATCH', '/api/sessions/cli:main', { body: { title: CANARY } });
  await moby.call('GET', `/api/history/search?q=${encodeURIComponent(CANARY)}`);
  expect(holding(home, SPELLINGS).length).toBeGreaterThan(3);

  const look = await moby.call('POST', '/api/forget/look', { body: { phrase: CANARY } });
  expect(look.body.places.map(({ place }: { place: string }) => place)).toEqual(
    expect.arrayContaining(['messages', 'prompts and answers', 'lines of MEMORY.md', 'schedules']),
  );
  expect(holding(home, SPELLINGS).length).toBeGreaterThan(3);

  const view = await forget(moby, { phrase: CANARY });
  expect(view).toMatchObject({
    state: 'done',
    left: [expect.stringContaining('Nothing stands beside the agent')],
  });
  expect(holding(home, SPELLINGS)).toEqual([]);
  expect(JSON.stringify(moby.agent?.sessions() ?? [])).not.toMatch(/kanarien/i);

  const { body } = await moby.call('GET', '/api/sessions/cli:main/messages');
  const texts = body.items.map(({ text }: { text: string }) => text);
  expect(texts).toContain('The weather is fine, and this stays');
  expect(texts).toContain('(forgotten)');
  expect(readFileSync(join(home, 'MEMORY.md'), 'utf8')).toContain('He has a cat.');
  expect((await moby.call('GET', '/api/jobs')).body.items).toEqual([]);
  const again = await moby.call('POST', '/api/forget/look', { body: { phrase: CANARY } });
  expect(again.body.places).toEqual([]);
  expect((await moby.ask('And now?', { session: 'cli:main' })).status).toBe(200);
});

test('what was cut is gone on with at the next start, and what a backup brought back', async () => {
  const { memory, moby } = await world();
  await moby.ask('the blue bicycle', { session: 'cli:main' });
  await moby.close();
  const mark = { phrase: (Phrase.of('Blue Bicycle') as Phrase).mark };
  const entry = { id: 'one', at: new Date().toISOString(), mark, state: 'due' };
  const list = join(memory.home, 'gateway/forgotten.json');
  writeFileSync(list, JSON.stringify({ forgotten: [entry] }));
  const next = await openHarness({ home: memory.home, env: memory.env });
  await expect.poll(() => JSON.parse(readFileSync(list, 'utf8')).forgotten[0].state).toBe('done');
  const { body } = await next.call('GET', '/api/sessions/cli:main/messages');
  expect(JSON.stringify(body)).not.toContain('bicycle');
  await next.close();
  expect(holding(memory.home, ['blue bicycle'])).toEqual([]);
});

test('a conversation goes, another stays; what a turn cost stays', async () => {
  const { moby, memory } = await world();
  await moby.ask('about the gold mine', { session: 'cli:one' });
  await moby.ask('about the silver mine', { session: 'cli:two' });
  const before = (await moby.call('GET', '/api/usage')).body;
  await forget(moby, { conversation: 'cli:one' });
  expect(holding(memory.home, ['gold mine'])).toEqual([]);
  expect(holding(memory.home, ['silver mine'])).not.toEqual([]);
  expect((await moby.call('GET', '/api/usage')).body.total).toEqual(before.total);
});

test('nonsense is refused with what to write', async () => {
  const { moby } = await world();
  const refused = async (body: object): Promise<string> =>
    (await moby.call('POST', '/api/forget/look', { body })).body.detail;
  expect(await refused({})).toContain('name exactly one');
  expect(await refused({ phrase: 'a\u200bb\u200bc\u200b'.slice(0, 4) })).toContain('too short');
  expect(await refused({ before: '2999-01-01' })).toContain('still to come');
  expect(await refused({ person: 'seven' })).toContain('telegram:7');
});
