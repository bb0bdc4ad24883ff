/** Event logs, pieces of prompts, hooks, tokens and browsers: what each keeps, and lets go. */
import { expect, test } from 'vitest';
import { openStore, turnOf } from './testing/open-store.ts';

test('events of one turn, after the one a client has, by kind, and the last of them', () => {
  const { events } = openStore();
  const event = (turn: number, id: number, type: string, text = '') => ({
    turn,
    id,
    type,
    data: JSON.stringify({ text }),
  });
  events.insert([
    event(1, 1, 'token', 'a'),
    event(1, 2, 'tool'),
    event(1, 3, 'token', 'b'),
    event(2, 4, 'done'),
  ]);
  expect(events.after(1, 1).map(({ id }) => id)).toEqual([2, 3]);
  expect([events.lastId(1), events.lastId(2), events.lastId(3)]).toEqual([3, 4, 0]);
  expect([events.lastType(1), events.lastType(2), events.lastType(3)]).toEqual(['token', 'done', null]);
  expect(events.ofType(1, 'token').map(({ text }) => text)).toEqual(['a', 'b']);
});

test('a log is dropped some rows at a time, of turns that ended before a time, and is gone on with where it stopped', () => {
  const { turns, events } = openStore();
  const end = (id: string, finishedAt: number | null): number => {
    const seq = turns.insert(turnOf(id));
    events.insert([1, 2, 3].map((number) => ({ turn: seq, id: number, type: 'token', data: '{}' })));
    if (finishedAt !== null)
      turns.finish(id, { state: 'done', finishedAt, answer: '', error: null, usage: null });
    return seq;
  };
  const [old, open, young, older] = [end('old', 9), end('open', null), end('young', 10), end('older', 1)];
  const left = () => [old, open, young, older].map((seq) => events.after(seq, 0).length);
  const next = events.forgetFinishedBefore(10, 0, 2);
  expect(left()).toEqual([1, 3, 3, 3]);
  expect(events.lastId(old)).toBe(3); // the oldest went first: a log without its end would be waited for
  let after: number | null = next;
  while (after !== null) after = events.forgetFinishedBefore(10, after, 2);
  expect(left()).toEqual([0, 3, 3, 0]);
});

test('pieces keep their order, are changed one by one, and stay as long as their turn is open', () => {
  const { turns, pieces } = openStore();
  turns.insert(turnOf('open'));
  const piece = (key: string, text: string) => ({ key, before: '\n', text });
  pieces.insert('open', [piece('k1', 'one'), piece('', 'voice'), piece('k2', 'two')], 1);
  pieces.insert('gone', [piece('k3', 'three')], 1);
  pieces.insert('young', [piece('k4', 'four')], 10);
  pieces.change('k2', 'zwei');
  expect(pieces.of('open').map(({ text }) => text)).toEqual(['one', 'voice', 'zwei']);
  expect(pieces.find('k2')).toEqual({ turn: 'open', text: 'zwei' });
  pieces.forgetBefore(10);
  expect(['k1', 'k3', 'k4'].map((key) => pieces.find(key)?.turn ?? null)).toEqual(['open', null, 'young']);
});

test('a delivery of a hook is known, also after the hook was removed and made anew', () => {
  const { hooks, turns } = openStore();
  const hook = {
    name: 'ci',
    proof: 'bearer',
    secret: null,
    template: 't',
    channel: null,
    session: 'fresh',
    trusted: null,
    createdAt: 1,
  } as const;
  const row = { ...hook, events: ['push'] };
  expect([hooks.insert(row), hooks.insert({ ...row, template: 'other' })]).toEqual([true, false]);
  turns.insert(turnOf('t1'));
  hooks.recordDelivery('ci', 'd1', 't1', 'push', 5);
  hooks.recordDelivery('ci', 'd1', 'other', 'push', 6);
  hooks.recordDelivery('ci', 'd2', 'gone', null, 7);
  expect(hooks.turnOfDelivery('ci', 'd1')).toBe('t1');
  expect(hooks.turnOfDelivery('other', 'd1')).toBeNull();
  expect(hooks.find('ci')).toMatchObject({ template: 't', events: ['push'], receivedAt: 7, trusted: false });
  expect(hooks.deliveries('ci', 9).map(({ turn, state }) => [turn, state])).toEqual([
    ['gone', null],
    ['t1', 'queued'],
  ]);
  expect(hooks.deliveries('ci', 1)).toHaveLength(1);
  expect([hooks.delete('ci'), hooks.delete('ci')]).toEqual([true, false]);
  expect(hooks.turnOfDelivery('ci', 'd1')).toBe('t1');
});

test('a login that has ended is no browser to tell anything, and takes its subscription along', () => {
  const { tokens, push } = openStore();
  const login = (id: string, expiresAt: number | null) =>
    tokens.insert({ id, name: id, scope: 'admin', createdAt: 0, expiresAt }, `hash of ${id}`);
  const subscribe = (id: string, of: string, endpoint = `https://push/${of}`, createdAt = 0) =>
    push.put({ id, login: of, endpoint, p256dh: 'p', auth: 'a', content: id === 's1', createdAt });
  login('phone', 10);
  login('desk', 20);
  login('cli', null);
  subscribe('s1', 'phone', undefined, 2);
  subscribe('s2', 'desk', undefined, 1);
  expect(push.list(9).map(({ id, name, content }) => [id, name, content])).toEqual([
    ['s2', 'desk', false],
    ['s1', 'phone', true],
  ]);
  expect(push.list(10).map(({ id }) => id)).toEqual(['s2']);
  subscribe('s3', 'desk', 'https://push/new'); // instead of the one before
  expect(push.list(0).map(({ id }) => id)).toEqual(['s3', 's1']);
  expect([push.delete('s1'), push.delete('s1')]).toEqual([true, false]);
  tokens.prolong('desk', 30);
  tokens.forgetExpired(20);
  expect(
    tokens
      .list()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(['cli', 'desk']);
  tokens.markUsed('desk', 6);
  expect(tokens.findByHash('hash of desk')).toMatchObject({ id: 'desk', lastUsedAt: 6, expiresAt: 30 });
  expect(tokens.findByHash('hash of phone')).toBeNull();
  tokens.deleteNamed('desk');
  expect([tokens.list().length, push.list(0).length]).toEqual([1, 0]);
});

test('how much of each turn a list shows: files by name and kind, the error, what it used', () => {
  const { turns, turnSummaries } = openStore();
  turns.insert(turnOf('plain'));
  turns.insert(turnOf('files', { attachments: [{ name: 'a.png', mime: 'image/png', data: 'AAAA' }] }));
  const usage = { model: 'p/m', inputTokens: 5, outputTokens: 2, costUsd: 0.5 };
  const error = { code: 'timeout', message: 'It took too long.', retryable: true };
  turns.finish('files', { state: 'failed', finishedAt: 1, answer: null, error, usage });
  const found = turnSummaries.of(new Set(['plain', 'files', 'none']));
  expect([...found.keys()].sort()).toEqual(['files', 'plain']);
  expect(found.get('plain')).toEqual({ files: [], error: null, usage: null });
  expect(found.get('files')).toEqual({
    files: [{ name: 'a.png', mime: 'image/png' }],
    error: { code: 'timeout', message: 'It took too long.' },
    usage,
  });
});
