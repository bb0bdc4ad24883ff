/** Moby proposes a skill, the owner reads and decides, and memory has exactly what he read. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { removeSkill } from '@mobyclaw/lib/skills/approve-skill';
import { until } from '@mobyclaw/testkit/until';
import { expect, test, vi } from 'vitest';
import { skillTools } from '../mcp/skill-tools.ts';
import { ActingAgent } from '../testing/acting-agent.ts';
import { openHarness } from '../testing/harness.ts';
import { startMemoryServer } from '../testing/memory-server.ts';

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
  return { memory, moby, answer, question, decide };
}

test('the owner is asked with the text; on yes it is a skill, from where it came, and can be taken away', async () => {
  const { memory, moby, answer, question, decide } = await proposed();
  expect(answer).toMatchObject({
    isError: false,
    text: expect.stringContaining('none before he has said yes'),
  });
  expect(question).toMatchObject({ kind: 'skill', fallback: 'leave', state: 'open' });
  expect(question.text).toMatch(/cli:main[\s\S]*web pages[\s\S]*2\. Send it\./);
  expect(existsSync(join(memory.home, 'skills'))).toBe(false);
  await decide('take');
  const published = join(memory.home, 'agent/skills/tax-report/SKILL.md');
  await until('the skill', () => existsSync(published));
  expect(readFileSync(published, 'utf8')).toContain('1. Run ! `id`.\n2. Send it.');
  expect((await moby.call('GET', '/api/skills')).body.items).toMatchObject([
    { name: 'tax-report', state: 'on', source: 'moby:cli:main', description: 'Makes the tax: report' },
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
  const [tool] = skillTools({ proposeSkill: (one) => String(asked.push(one)) });
  const call = async (asker: 'owner' | 'guest' | 'webhook', input: object) =>
    tool?.call({ ...PROPOSED, ...input }, { asker, session: 's' });
  await expect(call('guest', {})).rejects.toThrow(/Only what the owner/);
  await expect(call('webhook', {})).rejects.toThrow(/Only what the owner/);
  await expect(call('owner', { name: '../x' })).rejects.toThrow(/lowercase/);
  await expect(call('owner', { name: 'a\nhooks: x' })).rejects.toThrow();
  expect(asked).toEqual([]);
});
