/** A flush makes the agent session fuller that it asks. Where it does not fit any more, no message of a person finds that out. */
import type { Step } from '@mobyclaw/testkit/fake-agent/fake-agent';
import type { ModelRequest, ScriptedAnswer } from '@mobyclaw/testkit/fake-model';
import { factQuestion, factSentence, isUpkeep, thoughtAnswer } from '@mobyclaw/testkit/remembering-model';
import { until } from '@mobyclaw/testkit/until';
import { expect, test, vi } from 'vitest';
import { embeddedWorld } from '../testing/embedded-world.ts';
import { type RememberingWorld, rememberingWorld } from '../testing/remembering-world.ts';

vi.setConfig({ testTimeout: 120_000 }); // real processes on a busy machine

const WINDOW = 6000;
const LONG = 'We talked about trees and ships and the weather at sea. '.repeat(12);
const ENDED = "SELECT 1 FROM turns WHERE source = 'upkeep' AND finished_at IS NOT NULL";
const isOnSession = (text: string): boolean => text.includes('leave your sight');

async function conversation({ moby }: Pick<RememberingWorld, 'moby'>): Promise<void> {
  await moby.ask(factSentence('red boat', 'K7-4431'));
  for (let turn = 0; turn < 8; turn++) await moby.ask(`${turn}: ${LONG}`);
}

const compact = ({ moby }: Pick<RememberingWorld, 'moby'>) =>
  moby.call('POST', '/api/sessions/api:default/command', { body: { text: '/compact' } });

const sessionRow = ({ rows }: RememberingWorld) =>
  rows('SELECT agent_session, torn, restricted FROM sessions')[0];

/** What is asked after the flush waits for this, so that the conversation's next message comes before all is done. */
function held(): { gate: PromiseWithResolvers<void>; step: () => Step } {
  const gate = Promise.withResolvers<void>();
  const act = (): Promise<string> => gate.promise.then(() => 'none');
  return { gate, step: () => ({ do: 'tools', calls: [{ name: 'memory_list', act }] }) };
}

test.each(['array', 'object'] as const)(
  'after a flush that did not fit, the next message goes to a new agent session, and is answered (%s)',
  async (generation) => {
    const { gate, step } = held();
    let overflows = 0;
    const full = new Set<string>();
    const world = await rememberingWorld({
      window: WINDOW,
      agent: { generation, context: { limit: WINDOW, base: 500, reports: generation === 'object' } },
      env: { MOBYCLAW_CONTEXT_WINDOW: String(WINDOW) },
      before: ({ text, session }) => {
        if (!isUpkeep(text)) {
          expect(full).not.toContain(session);
          return undefined;
        }
        if (text.includes('What was said:')) return [step(), { do: 'text', text: 'NOTHING' }];
        if (overflows++ > 0) return undefined;
        full.add(session);
        return [{ do: 'tools', calls: [{ name: 'memory_search', result: 'word '.repeat(WINDOW) }] }];
      },
    });
    await conversation(world);
    await compact(world);
    const compaction = () => world.rows('SELECT agent_session, flush FROM compactions')[0];
    await until('the exchanges are read instead', () => {
      const { agent_session, flush } = compaction() ?? {};
      return agent_session === null && flush === 'failed';
    });
    expect(world.moby.agent?.stats().refused).toBe(1);
    const { body } = await world.moby.ask(factQuestion('red boat'));
    expect(body.text).toBe('It is K7-4431.');
    expect(world.moby.agent?.stats().refused).toBe(1);
    expect(full.size).toBe(1);
    gate.resolve();
    await world.settled();
    expect(world.rows('SELECT why, state, flush FROM compactions')).toEqual([
      { why: 'asked', state: 'done', flush: 'nothing' },
    ]);
  },
);

test('the same with the embedded agent', async () => {
  const refused: string[] = [];
  const gate = Promise.withResolvers<void>();
  const script = async (request: ModelRequest): Promise<ScriptedAnswer> => {
    const texts = request.messages.map(({ content }) => String(content));
    const last = texts.at(-1) ?? '';
    if (last.includes('What was said:')) await gate.promise;
    if (!texts.some(isOnSession)) return thoughtAnswer(request);
    refused.push(last);
    const message = 'This model is full.';
    return { status: 400, body: { error: { message, code: 'context_length_exceeded' } } };
  };
  const world = await embeddedWorld({ withMemory: true, script, rest: 'permissions: { allow: ["*"] }\n' });
  await conversation(world);
  await compact(world);
  await until('the flush was refused', () => refused.length > 0);
  expect((await world.moby.ask('hello')).body.text).toContain('taken note');
  gate.resolve();
  expect(refused.every(isOnSession)).toBe(true);
});

test('a flush that was cut inside a tool leaves the agent session, too', async () => {
  const { gate, step } = held();
  let flushes = 0;
  const world = await rememberingWorld({
    before: ({ text }) => (isUpkeep(text) && flushes++ === 0 ? [step()] : undefined),
  });
  await conversation(world);
  const before = sessionRow(world)?.agent_session;
  await compact(world);
  await until('the flush is inside a tool', () => (world.moby.agent?.stats().executions.length ?? 0) > 0);
  await world.moby.call('POST', '/api/pause', { body: { seconds: 30 } });
  await until('it is cut', () => world.rows(ENDED).length > 0);
  gate.resolve();
  await world.moby.call('DELETE', '/api/pause');
  await world.moby.ask('hello');
  expect(sessionRow(world)).toMatchObject({ torn: 0, restricted: 0 });
  expect(sessionRow(world)?.agent_session).not.toBe(before);
  await world.settled();
  expect(world.memory()).toContain('K7-4431');
});

test('after a flush that was cut inside a tool, /new does not believe what the agent session says was noted', async () => {
  const gate = Promise.withResolvers<void>();
  let flushes = 0;
  const world = await rememberingWorld({
    before: ({ text }) => {
      if (!isUpkeep(text) || flushes++ > 0) return undefined;
      const args = { text: factSentence('blue door', 'B2-2222') };
      return [
        { do: 'tools', calls: [{ name: 'memory_append', args, act: () => gate.promise.then(() => 'no') }] },
      ];
    },
  });
  await conversation(world);
  await world.moby.ask(factSentence('blue door', 'B2-2222'));
  await compact(world);
  await until('the flush is inside a tool', () => (world.moby.agent?.stats().executions.length ?? 0) > 0);
  await world.moby.call('POST', '/api/pause', { body: { seconds: 30 } });
  await until('it is cut', () => world.rows(ENDED).length > 0);
  await world.moby.call('POST', '/api/sessions/api:default/reset', { body: { carry: false } });
  await world.moby.call('DELETE', '/api/pause');
  await world.settled();
  gate.resolve();
  expect(world.memory()).toContain('B2-2222');
});

test('what a flush brought into the agent session counts for what still fits into it', async () => {
  const { gate, step } = held();
  const world = await rememberingWorld({
    window: WINDOW,
    before: ({ text }) => {
      if (text.includes('Answer with the summary alone')) return [step(), { do: 'text', text: 'A summary.' }];
      if (!isOnSession(text)) return undefined;
      // It fits with this, and no message does any more.
      const act = async (): Promise<string> => 'word '.repeat(2600);
      return [
        { do: 'tools', calls: [{ name: 'memory_search', act }] },
        { do: 'text', text: 'NOTHING' },
      ];
    },
  });
  await conversation(world);
  await compact(world);
  await until('it was flushed', () => world.rows('SELECT state FROM compactions')[0]?.state === 'flushed');
  const asked = world.moby.ask(`and now? ${LONG}`);
  gate.resolve();
  expect((await asked).body.text).toContain('taken note');
  expect(world.moby.agent?.stats().refused).toBe(0);
});
