/** Forgetting in the tables alone: what is looked at, what goes, what waits, and what the owner has to do himself. */
import { Phrase } from '@mobyclaw/recall/phrase';
import { expect, test } from 'vitest';
import type { Store } from './store.ts';
import { definitionOf, deliveryOf, openStore, partOf, turnOf } from './testing/open-store.ts';

const BIRD = { phrase: (Phrase.of('blue heron') as Phrase).mark };
const end = (store: Store, id: string, answer: string | null = null): void =>
  store.turns.finish(id, { state: 'done', finishedAt: 1, answer, error: null, usage: null });

test('a look changes nothing; what goes is then gone, and what is beside it stays', async () => {
  const store = openStore();
  const { sessions, messages, turns, contexts, compactions } = store;
  sessions.touch('cli:a', 1);
  sessions.touch('cli:b', 1);
  sessions.setTitle('cli:b', 'The blue heron');
  for (let index = 0; index < 450; index++)
    messages.insert({
      session: 'cli:a',
      turn: 't',
      role: 'user',
      text: index % 100 === 7 ? `a Blue  Heron ${index}` : 'x',
      at: 1,
    });
  turns.insert(
    turnOf('t', { session: 'cli:a', prompt: 'see the blue heron', notes: ['a blue heron', 'a note'] }),
  );
  end(store, 't', 'no bird');
  compactions.setSummary('cli:a', { upto: 1, text: 'a line\nthe blue heron came\nlast', at: 1 });
  contexts.learn('p/m', 5, 1);

  const look = await store.forgetting.forget(BIRD, false);
  expect(look.places.map(({ place, count }) => [place, count])).toEqual([
    ['messages', 5],
    ['prompts and answers', 1],
    ['names of conversations', 1],
    ['lines of summaries', 1],
  ]);
  expect(look.places[0]?.examples).toEqual(['a Blue Heron 7', 'a Blue Heron 107', 'a Blue Heron 207']);
  expect([...look.sessions]).toEqual(['cli:a']);
  expect(messages.from('cli:a', 0, 999).filter(({ text }) => /heron/i.test(text))).toHaveLength(5);

  await store.forgetting.forget(BIRD, true);
  const left = messages.from('cli:a', 0, 999).map(({ text }) => text);
  expect([left.length, left.filter((text) => text === '(forgotten)').length]).toEqual([450, 5]);
  expect(turns.find('t')).toMatchObject({
    prompt: '(forgotten)',
    answer: 'no bird',
    notes: ['(forgotten)', 'a note'],
  });
  expect(sessions.find('cli:b')?.title).toBe('(forgotten)');
  expect(compactions.summary('cli:a')?.text).toBe('a line\nlast');
  expect((await store.forgetting.forget(BIRD, true)).places).toEqual([]);
});

test('what is under way is not touched and counted as left', async () => {
  const store = openStore();
  const { turns, outbox } = store;
  turns.insert(turnOf('runs', { prompt: 'the blue heron' }));
  outbox.insert(deliveryOf('d', { text: 'the blue heron' }));
  const seq = Number(outbox.find('d')?.seq);
  outbox.split(seq, [partOf(1, { part: { text: 'the blue heron' } as never })]);
  const first = await store.forgetting.forget(BIRD, true);
  expect(first.left).toEqual([
    expect.stringContaining('1 prompts and answers'),
    expect.stringContaining('1 messages that were sent'),
    expect.stringContaining('1 parts of messages that were sent'),
  ]);
  expect(turns.find('runs')?.prompt).toBe('the blue heron');
  end(store, 'runs');
  outbox.done(seq, 1);
  const second = await store.forgetting.forget(BIRD, true);
  expect(second.left).toEqual([]);
  expect(turns.find('runs')?.prompt).toBe('(forgotten)');
  expect([outbox.find('d')?.text, outbox.parts(seq)[0]?.part]).toEqual([
    '(forgotten)',
    { text: '(forgotten)' },
  ]);
});

test('the log of a turn goes as a whole where its text, cut anywhere, says it', async () => {
  const store = openStore();
  const { turns, events } = store;
  const log = (id: string, ...texts: string[]): number => {
    const seq = turns.insert(turnOf(id));
    events.insert(
      texts.map((text, index) => ({
        turn: seq,
        id: index + 1,
        type: 'token',
        data: JSON.stringify({ text }),
      })),
    );
    return seq;
  };
  const [cut, other, open] = [
    log('cut', 'a blue he', 'ron'),
    log('other', 'a grey he', 'ron'),
    log('open', 'a blue he', 'ron'),
  ];
  end(store, 'cut');
  end(store, 'other');
  const found = await store.forgetting.forget(BIRD, true);
  expect(found.places).toEqual([{ place: 'steps of answers', count: 1, examples: [] }]);
  expect(found.left).toEqual([expect.stringContaining('1 steps of answers')]);
  expect([cut, other, open].map((seq) => events.after(seq, 0).length)).toEqual([0, 2, 2]);
});

test('schedules are named for who removes them; a hook and a token are for the owner to remove', async () => {
  const store = openStore();
  store.jobs.insert('birds', definitionOf({ message: 'Feed the blue heron' }), true, null, 0);
  store.hooks.insert({
    name: 'ci',
    proof: 'bearer',
    secret: null,
    template: 'blue heron: {{body}}',
    channel: null,
    events: null,
    session: 'fresh',
    trusted: null,
    createdAt: 1,
  });
  store.tokens.insert({ id: 't', name: 'Blue Heron', scope: 'admin', createdAt: 0, expiresAt: null }, 'hash');
  const found = await store.forgetting.forget(BIRD, true);
  expect(found.jobs).toEqual(['birds']);
  expect(found.left).toEqual([
    'It stands in the webhook "ci": remove it with ./mobyclaw hooks.',
    'A token is named so: revoke it with ./mobyclaw token.',
  ]);
  expect(store.jobs.find('birds')).not.toBeNull();
});
