/**
 * The fake agent as a process of its own, so that it can be killed: `node main.ts '{"port":0,"folder":"…"}'`, or the same
 * JSON in FAKE_AGENT_OPTIONS. Says `{"url":"…"}` on stdout once it listens; `die` is a SIGKILL to itself.
 */
import { type FakeAgentOptions, startFakeAgent } from './fake-agent.ts';

const options = JSON.parse(process.argv[2] ?? process.env.FAKE_AGENT_OPTIONS ?? '{}') as FakeAgentOptions;
const agent = await startFakeAgent({ ...options, onDie: () => process.kill(process.pid, 'SIGKILL') });
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0)); // as cagent: no drain
process.stdout.write(`${JSON.stringify({ url: agent.url })}\n`);
