import { readConfig } from '@mobyclaw/egress/config';
import { startEgress } from '@mobyclaw/egress/service';
import { systemClock } from '@mobyclaw/lib/clock';
import { silentLogger } from '@mobyclaw/lib/logger';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';

const TOKEN = 'the-token-of-the-gateway';
const MODEL_KEY = 'sk-moby-the-virtual-key';

async function egress(): Promise<{ env: Record<string, string>; refusal(): Promise<string> }> {
  const config = readConfig({
    MOBYCLAW_HOME: temporaryFolder(),
    MOBYCLAW_EGRESS_TOKEN: TOKEN,
    MOBYCLAW_MODEL_KEY: MODEL_KEY,
    MOBYCLAW_RELAY_LISTEN: '127.0.0.1:0',
    MOBYCLAW_DOOR_LISTEN: '127.0.0.1:0',
    MOBYCLAW_EGRESS_LISTEN: '127.0.0.1:0',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9', // nobody is there
  });
  const service = await startEgress(config, { version: '1', clock: systemClock, logger: silentLogger });
  onTestFinished(() => service.close());
  return {
    env: { MOBYCLAW_EGRESS_URL: service.url, MOBYCLAW_EGRESS_TOKEN: TOKEN },
    async refusal() {
      const answer = await fetch(`${service.relayUrl}/anthropic/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': MODEL_KEY },
        body: '{"model":"claude-sonnet-4-5","max_tokens":1}',
      });
      return `${answer.status} ${await answer.text()}`;
    },
  };
}

test('egress lets models be asked once the gateway has told it the budget, before any turn runs', async () => {
  const { env, refusal } = await egress();
  expect(await refusal()).toMatch(/^429 .*has not told the budget/);
  await openHarness({ env });
  expect(await refusal()).toMatch(/^502 /); // let through, to nobody
});

test('what was spent before there was an egress counts there too, and a lift reaches it at once', async () => {
  const { env, refusal } = await egress();
  const before = await openHarness({ env: { MOBYCLAW_BUDGET_DAY_TOKENS: '1' } });
  await before.ask('hello'); // of a version without egress
  await before.close();
  const moby = await openHarness({ home: before.home, env: { MOBYCLAW_BUDGET_DAY_TOKENS: '1', ...env } });
  expect(await refusal()).toMatch(/^429 .*budget is spent/);
  await moby.call('POST', '/api/usage/lift');
  await until('egress to know', async () => (await refusal()).startsWith('502 '));
});
