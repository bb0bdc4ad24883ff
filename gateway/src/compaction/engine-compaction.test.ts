/** An engine that makes its session shorter by itself: nothing that was said is given up unwritten, and somebody is told. */
import type { Step } from '@mobyclaw/testkit/fake-agent/fake-agent';
import { factSentence } from '@mobyclaw/testkit/remembering-model';
import { expect, test, vi } from 'vitest';
import { type RememberingWorld, rememberingWorld } from '../testing/remembering-world.ts';

vi.setConfig({ testTimeout: 120_000 }); // real processes on a busy machine

const LONG = 'We talked about trees and ships and the weather at sea. '.repeat(12);

/** As cagent tells it, before it answers. */
function compacts(session: string, outcome?: string): Step[] {
  const own = { session_id: session };
  const usage = { input_tokens: 300, output_tokens: 250, context_length: 550, context_limit: 0, cost: 0 };
  const events = [
    { type: 'session_compaction', status: 'started', ...own },
    { type: 'session_summary', summary: 'Session Summary: …', ...own },
    { type: 'session_compaction', status: 'completed', ...own, ...(outcome ? { outcome } : {}) },
    { type: 'token_usage', usage, ...own },
  ];
  return [
    ...events.map((event) => ({ do: 'event' as const, event })),
    { do: 'text', text: 'I have taken note.' },
  ];
}

async function world(outcome?: string): Promise<RememberingWorld> {
  const opened = await rememberingWorld({
    agent: { generation: 'object' },
    window: 100_000,
    before: ({ text, session }) => (text.includes('now make it') ? compacts(session, outcome) : undefined),
  });
  await opened.moby.ask(factSentence('red boat', 'K7-4431'));
  await opened.moby.ask(LONG);
  return opened;
}

const compactions = ({ rows }: RememberingWorld) =>
  rows('SELECT why, state, flush, summarises, upto, agent_session FROM compactions ORDER BY id');

test.each([undefined, 'applied'])(
  'what was said before is written down from the history (outcome %s)',
  async (outcome) => {
    const opened = await world(outcome);
    const [session] = opened.rows('SELECT agent_session AS id FROM sessions');
    await opened.moby.ask('now make it short');
    await opened.settled();
    expect(compactions(opened)).toEqual([
      { why: 'engine', state: 'done', flush: 'written', summarises: 0, upto: 4, agent_session: null },
    ]);
    expect(opened.memory()).toContain('The code of the red boat is K7-4431.');
    expect(opened.rows('SELECT agent_session AS id FROM sessions')).toEqual([session]);
    const markers = opened.rows("SELECT text FROM messages WHERE role = 'marker'");
    expect(markers).toEqual([{ text: expect.stringContaining('shorter by itself') }]);
    expect(opened.rows('SELECT * FROM learned_windows')).toEqual([]);
    await opened.moby.ask('now make it shorter');
    await opened.settled();
    // Only what came since is read again.
    expect(compactions(opened).map(({ upto }) => upto)).toEqual([4, 7]);
  },
);

test('one that was skipped or failed has given up nothing', async () => {
  const opened = await world('skipped');
  await opened.moby.ask('now make it short');
  expect(compactions(opened)).toEqual([]);
});
