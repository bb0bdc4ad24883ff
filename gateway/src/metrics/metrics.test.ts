/** What the numbers of `/metrics` count: each turn once, by how it ended, and its first token once however many follow. */
import { expect, test } from 'vitest';
import { type Harness, openHarness } from '../testing/harness.ts';

async function metrics({ port, token }: Harness): Promise<Record<string, number>> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const lines = (await response.text()).split('\n').filter((line) => /^mobyclaw_/.test(line));
  return Object.fromEntries(
    lines.map((line) => [line.replace(/ [^ ]+$/, ''), Number(line.split(' ').at(-1))]),
  );
}

test('a turn is counted once by how it ended, its first token once', async () => {
  const moby = await openHarness();
  await moby.ask('tokens=30');
  await moby.ask('error=401');
  const { stream } = await moby.start('silence=2');
  await stream.until(({ type }) => type === 'token');
  expect(await metrics(moby)).toMatchObject({
    'mobyclaw_turns_ended_total{state="done",code="none"}': 1,
    'mobyclaw_turns_ended_total{state="failed",code="auth"}': 1,
    mobyclaw_turn_first_token_seconds_count: 2, // one of them has not ended yet, one had none
    mobyclaw_turn_duration_seconds_count: 2,
    mobyclaw_turns_running: 1,
    mobyclaw_turns_queued: 0,
  });
});
