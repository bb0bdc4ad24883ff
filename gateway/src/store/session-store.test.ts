/** What of a conversation begins anew when, and which one somebody wrote in last. */
import { expect, test } from 'vitest';
import { openStore } from './testing/open-store.ts';

const full = { tokens: 500, limit: 1000, source: 'reported', model: 'p/m', base: 40 } as const;

/** A conversation whose agent session has everything that can be said of one. */
function used(key = 'cli:a') {
  const store = openStore();
  const { sessions, contexts } = store;
  sessions.touch(key, 1);
  sessions.setAgentSession(key, 'one', 'guest');
  sessions.takeNewAgentSession(key);
  sessions.setRestricted(key, true);
  sessions.setSummaryTold(key, 3);
  sessions.setTold(key, 4);
  contexts.note(key, full);
  return { store, sessions, contexts, key };
}

test('a new agent session is whole, unrestricted, and has been told nothing', () => {
  const { sessions, contexts, key } = used();
  expect(sessions.find(key)).toMatchObject({ takesNewAgentSession: true, restricted: true, summaryTold: 3 });
  sessions.setAgentSession(key, 'two');
  expect(sessions.find(key)).toMatchObject({
    agentSession: 'two',
    agent: null,
    takesNewAgentSession: false,
    restricted: false,
    summaryTold: 0,
    toldUpto: 4,
  });
  expect(contexts.of(key)).toBeNull(); // how full it is has not been seen
  expect(contexts.baseOf(key)).toBe(40);
  expect(contexts.modelOf(key)).toMatchObject({ model: 'p/m', limit: 1000, source: 'reported' });
});

test('one that is left is told no more than before; one that is reset exactly what is said', () => {
  const { sessions, contexts, key } = used();
  sessions.leaveAgentSession(key, 9);
  expect(sessions.find(key)).toMatchObject({ agentSession: null, takesNewAgentSession: false, seedFrom: 9 });
  expect(contexts.of(key)).toBeNull();
  sessions.leaveAgentSession(key, 5);
  expect(sessions.find(key)?.seedFrom).toBe(9);
  sessions.reset(key, 5);
  expect(sessions.find(key)).toMatchObject({ agentSession: null, seedFrom: 5 });
});

test('an agent session that is gone is taken from the conversation that has it, and from no other', () => {
  const { sessions, key } = used();
  sessions.touch('cli:b', 1);
  sessions.setAgentSession('cli:b', 'other');
  sessions.takeNewAgentSession('cli:b');
  sessions.forgetAgentSession('one');
  expect(sessions.find(key)).toMatchObject({ agentSession: null, takesNewAgentSession: false });
  expect(sessions.find('cli:b')).toMatchObject({ agentSession: 'other', takesNewAgentSession: true });
});

test('to see to it that there is a conversation is not to use it', () => {
  const { sessions } = openStore();
  sessions.touch('cli:a', 5);
  sessions.ensure('cli:a', 9);
  expect(sessions.find('cli:a')).toMatchObject({ createdAt: 5, lastActiveAt: 5 });
  sessions.touch('cli:a', 9);
  expect(sessions.find('cli:a')).toMatchObject({ createdAt: 5, lastActiveAt: 9 });
  sessions.ensure('cli:b', 7);
  expect(sessions.list(10).map(({ key }) => key)).toEqual(['cli:a', 'cli:b']);
  expect(sessions.list(1, 1).map(({ key }) => key)).toEqual(['cli:b']);
  expect(sessions.count()).toBe(2);
});

test('the last conversation is one in which somebody wrote; a program\u2019s only where there is no other', () => {
  const { sessions, messages } = openStore();
  const say = (session: string, role: 'user' | 'assistant', at: number): void => {
    sessions.touch(session, at);
    messages.insert({ session, turn: 't', role, text: 'x', at });
  };
  expect(sessions.lastConversation()).toBeNull();
  say('telegram:dm:1', 'user', 90);
  say('cli:told', 'assistant', 80);
  expect(sessions.lastConversation()).toBeNull();
  say('api:n8n', 'user', 70);
  expect(sessions.lastConversation()).toBe('api:n8n');
  say('cli:old', 'user', 10);
  expect(sessions.lastConversation()).toBe('cli:old');
  say('web:new', 'user', 20);
  expect(sessions.lastConversation()).toBe('web:new');
});

test('the fullest come first, without those whose agent session has been left', () => {
  const { store, sessions, contexts, key } = used();
  for (const [name, tokens] of [
    ['cli:fuller', 900],
    ['cli:left', 950],
    ['cli:little', 10],
  ] as const) {
    sessions.touch(name, 1);
    sessions.setAgentSession(name, name);
    contexts.note(name, { ...full, tokens, base: null });
  }
  store.agentSessions.leaveIdleBackground(0);
  sessions.leaveAgentSession('cli:left', 0);
  expect(contexts.fullest(10).map(({ session, tokens }) => [session, tokens])).toEqual([
    ['cli:fuller', 900],
    [key, 500],
    ['cli:little', 10],
  ]);
  expect(contexts.fullest(1)).toHaveLength(1);
  expect(contexts.of('cli:fuller')).toMatchObject({ base: null, limit: 1000, source: 'reported' });
  contexts.note(key, { ...full, base: null });
  expect(contexts.of(key)?.base).toBe(40); // once seen it is known
});

test('a window that was learned anew is the last one', () => {
  const { contexts } = openStore();
  expect(contexts.learned('p/m')).toBeNull();
  contexts.learn('p/m', 8000, 1);
  contexts.learn('p/m', 4000, 2);
  contexts.learn('p/n', 100, 2);
  expect(contexts.learned('p/m')).toBe(4000);
});

test('agent sessions are left by schedules, hooks and the heartbeat that have not run for long, and by nobody else', () => {
  const { sessions, agentSessions } = openStore();
  for (const key of ['cron:a', 'webhook:a', 'heartbeat:main', 'cli:a', 'telegram:dm:1', 'cron:lately']) {
    sessions.touch(key, key === 'cron:lately' ? 50 : 10);
    sessions.setAgentSession(key, `of ${key}`);
  }
  agentSessions.leaveIdleBackground(50);
  expect(agentSessions.left().sort()).toEqual(['of cron:a', 'of heartbeat:main', 'of webhook:a']);
  expect(sessions.find('cli:a')?.agentSession).toBe('of cli:a');
  expect(sessions.find('cron:lately')?.agentSession).toBe('of cron:lately');
});

test('of those that are left none is deleted that is used again, or from which something is still to be written down', () => {
  const { sessions, agentSessions, compactions } = openStore();
  sessions.touch('cli:a', 1);
  sessions.setAgentSession('cli:a', 'used again');
  for (const id of ['used again', 'read', 'free', 'free']) agentSessions.leave(id);
  const part = {
    session: 'cli:a',
    why: 'full',
    agent: null,
    afterId: 0,
    upto: 1,
    summarises: true,
    at: 0,
  } as const;
  const open = compactions.insert({ ...part, agentSession: 'read' });
  expect(agentSessions.left()).toEqual(['free']);
  expect(['used again', 'read', 'free'].map((id) => agentSessions.isUsed(id))).toEqual([true, true, false]);
  compactions.change(open, { state: 'done', endedAt: 5 });
  expect(agentSessions.left().sort()).toEqual(['free', 'read']);
  expect(agentSessions.isUsed('read')).toBe(false);
  agentSessions.forget('free');
  expect(agentSessions.left()).toEqual(['read']);
  expect(agentSessions.sweptAt()).toBe(0);
  agentSessions.setSwept(7);
  agentSessions.setSwept(5);
  expect(agentSessions.sweptAt()).toBe(5); // a clock that was set back
});
