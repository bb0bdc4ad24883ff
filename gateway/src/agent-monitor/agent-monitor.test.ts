import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { expect, test } from 'vitest';
import { AgentMonitor } from './agent-monitor.ts';

test('after a restart the model of the answers before is not named any more', async () => {
  const agent = { readiness: async () => ({ ready: true, toolProblems: [] as string[] }) };
  const monitor = new AgentMonitor({ agent, supervisor: null, clock: new ManualClock() });
  monitor.noteModel('anthropic/old');
  expect((await monitor.health()).model).toBe('anthropic/old');
  monitor.forget();
  expect((await monitor.health()).model).toBeNull();
  monitor.noteModel('anthropic/new');
  expect((await monitor.health()).model).toBe('anthropic/new');
});
