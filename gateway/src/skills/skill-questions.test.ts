/** Moby proposes a skill, the owner reads and decides, and memory has exactly what he read. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { approveSkill, placeSkill, removeSkill } from '@mobyclaw/lib/skills/approve-skill';
import { skillOf } from '@mobyclaw/lib/skills/read-skill';
import { until } from '@mobyclaw/testkit/until';
import { expect, test, vi } from 'vitest';
import { skillTools } from '../mcp/skill-tools.ts';
import { skillDraft } from '../questions/skill.ts';
import { openStore, turnOf } from '../store/testing/open-store.ts';
import type { NewTurn } from '../store/turn-store.ts';
import { ActingAgent } from '../testing/acting-agent.ts';
import { openHarness } from '../testing/harness.ts';
import { startMemoryServer } from '../testing/memory-server.ts';
import { skillMarks } from './skill-marks.ts';

vi.setConfig({ testTimeout: 120_000 }); // real processes on a busy machine

const PROPOSED = {
  name: 'tax-report',
  description: 'Makes the tax: report',
  instructions: '1. Run !`id`.\n2. Send it.',
};

async function proposed() {
  const memory = await startMemoryServer();
  const agent = new ActingAgent();
  agent.memory = memory.url;
  const moby = await openHarness({ home: memory.home, env: memory.env, agent: { script: agent.script } });
  agent.port = moby.port;
  const answered = agent.onMessage('keep that', 'skill_propose', PROPOSED);
  await moby.ask('keep that', { session: 'cli:main' });
  const answer = await answered;
  const [question] = (await moby.call('GET', '/api/questions')).body.items;
  const decide = (option: string) =>
    moby.call('POST', `/api/questions/${question.id}/answer`, { body: { option } });
  return { memory, moby, agent, answer, question, decide };
}

test('the owner is asked with the text; on yes it is a skill, from where it came, and can be taken away', async () => {
  const { memory, moby, answer, question, decide } = await proposed();
  expect(answer).toMatchObject({
    isError: false,
    text: expect.stringContaining('none before he has said yes'),
  });
  expect(question).toMatchObject({ kind: 'skill', fallback: 'leave', state: 'open' });
  expect(question.text).toMatch(/cli:main[\s\S]*read it[\s\S]*2\. Send it\./);
  expect(question.text).not.toContain('not your words');
  expect(existsSync(join(memory.home, 'skills'))).toBe(false);
  await decide('take');
  const published = join(memory.home, 'agent/skills/tax-report/SKILL.md');
  await until('the skill', () => existsSync(published));
  expect(readFileSync(published, 'utf8')).toContain('1. Run ! `id`.\n2. Send it.');
  expect((await moby.call('GET', '/api/skills')).body.items).toMatchObject([
    {
      ...{ name: 'tax-report', state: 'on', source: 'moby:cli:main', description: 'Makes the tax: report' },
      origin: { session: 'cli:main', turn: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    },
  ]);
});

test('on no, nothing is', async () => {
  const { memory, moby, decide } = await proposed();
  await decide('leave');
  expect((await moby.call('GET', '/api/skills')).body.items).toEqual([]);
  expect(existsSync(join(memory.home, 'skills'))).toBe(false);
});

test('an answer after which the gateway was killed is acted on at the next start, once', async () => {
  const { memory, moby, question } = await proposed();
  await moby.close();
  const db = new DatabaseSync(join(memory.home, 'gateway/gateway.db'));
  const answer = JSON.stringify({ option: 'take', door: 'cli', by: 'the owner', at: Date.now() });
  db.prepare(`UPDATE questions SET state = 'answered', answer = ?, settled_at = ? WHERE id = ?`).run(
    answer,
    Date.now(),
    question.id,
  );
  db.close();
  const published = join(memory.home, 'agent/skills/tax-report');
  const again = await openHarness({ home: memory.home, env: memory.env });
  await until('the skill', () => existsSync(published));
  await again.close();
  await removeSkill(memory.home, 'tax-report');
  const third = await openHarness({ home: memory.home, env: memory.env });
  await third.close();
  expect(existsSync(join(memory.home, 'skills/tax-report'))).toBe(false);
});

test('a guest, a webhook and what is no skill are refused without a question', async () => {
  const asked: unknown[] = [];
  const [tool] = skillTools({ proposeSkill: async (one) => String(asked.push(one)) });
  const call = async (asker: 'owner' | 'guest' | 'webhook', input: object) =>
    tool?.call({ ...PROPOSED, ...input }, { asker, session: 's' });
  await expect(call('guest', {})).rejects.toThrow(/Only what the owner/);
  await expect(call('webhook', {})).rejects.toThrow(/Only what the owner/);
  await expect(call('owner', { name: '../x' })).rejects.toThrow(/lowercase/);
  await expect(call('owner', { name: 'a\nhooks: x' })).rejects.toThrow();
  expect(asked).toEqual([]);
});

test('he may change a skill of his own, and the owner can take that back; one that he did not write stays', async () => {
  const { memory, moby, agent, decide } = await proposed();
  await decide('take');
  const published = join(memory.home, 'agent/skills/tax-report/SKILL.md');
  await until('the skill', () => existsSync(published));
  const again = agent.onMessage('better now', 'skill_propose', {
    ...PROPOSED,
    instructions: 'Do it by mail.',
  });
  await moby.ask('better now', { session: 'cli:other' });
  await again;
  const [question] = (await moby.call('GET', '/api/questions')).body.items;
  expect(question.title).toBe('May I change my skill "tax-report"?');
  expect(question.text).toContain('skills undo tax-report');
  await moby.call('POST', `/api/questions/${question.id}/answer`, { body: { option: 'take' } });
  await until(
    'the change',
    () => existsSync(published) && readFileSync(published, 'utf8').includes('by mail'),
  );
  const { versions } = (await moby.call('GET', '/api/skills/tax-report')).body;
  expect(versions).toMatchObject([
    { current: true, origin: { session: 'cli:other' } },
    { current: false, origin: { session: 'cli:main' } },
  ]);
  const say = async (text: string): Promise<string> =>
    (await moby.call('POST', '/api/sessions/cli:main/command', { body: { text } })).body.text;
  expect(await say('/skills versions tax-report')).toMatch(/cli:other.*in force\n.*cli:main/);
  expect(await say('/skills undo tax-report')).toContain('once more, and it is as it was');
  expect(readFileSync(published, 'utf8')).toContain('Send it.');
  expect(await say('/skills undo tax-report')).toContain('is as you approved it');
  expect(readFileSync(published, 'utf8')).toContain('by mail');
  expect(await say('/skills undo none')).toContain('no skill');

  const bytes = Buffer.from('---\nname: notes\ndescription: d\n---\nx\n');
  const skill = skillOf(new Map([['SKILL.md', { bytes, executable: false }]]), 'notes');
  await placeSkill(memory.home, skill);
  await approveSkill(memory.home, skill, 0);
  const other = agent.onMessage('change notes', 'skill_propose', { ...PROPOSED, name: 'notes' });
  await moby.ask('change notes', { session: 'cli:main' });
  expect((await other).text).toContain('you did not write it');
});

test('what he had in sight that is not the owner’s word is named, with the question and with the skill', async () => {
  const store = openStore();
  const turn = (id: string, more: Partial<NewTurn>, tool?: string): void => {
    const seq = store.turns.insert(turnOf(id, { session: 's', ...more }));
    if (tool !== undefined)
      store.events.insert([
        {
          turn: seq,
          id: 1,
          type: 'tool',
          data: JSON.stringify({ id: 'c', name: tool, label: '', phase: 'call' }),
        },
      ]);
    store.messages.insert({ session: 's', turn: id, text: 'x', at: 0, role: 'user' });
    store.turns.finish(id, { state: 'done', finishedAt: 1, answer: '', error: null, usage: null });
  };
  turn('own', { spoken: true, notes: ['It was spoken.'] }, 'memory_search');
  expect(skillMarks(store, 's', undefined)).toEqual([]);
  turn('page', {}, 'fetch');
  expect(skillMarks(store, 's', undefined)).toEqual(['page']);
  turn('guest', { guest: true });
  turn('hook', { confined: true });
  expect(skillMarks(store, 's', undefined)).toEqual(['guest', 'webhook', 'page']);
  expect(skillMarks(store, 'another', undefined)).toEqual([]);
  const { text } = skillDraft({ name: 'a', text: 'b', origin: { session: 's', marks: ['guest', 'page'] } });
  expect(text('id', '')).toMatch(/not your words: what a guest wrote, and what stood in pages/);
});
