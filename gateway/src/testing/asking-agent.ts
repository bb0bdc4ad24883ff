/** An agent that needs a confirmation for each command, `run: COMMAND`, and says what it was told. */
import type { FakeAgentOptions } from '@mobyclaw/testkit/fake-agent/fake-agent';
import type { Script, ToolStep } from '@mobyclaw/testkit/fake-agent/script';

export const ASKING_AGENT: FakeAgentOptions = {
  agents: ['root', 'guest', 'webhook'],
  script({ text }) {
    const command = /^run: (.*)$/s.exec(text)?.[1];
    return command === undefined ? undefined : runs(command);
  },
};

function* runs(cmd: string): Script {
  const call: ToolStep = { name: 'shell', args: { cmd }, confirm: true, result: `${cmd} was run` };
  yield { do: 'tools', calls: [call] };
  yield { do: 'text', text: `I was told: ${call.told}` };
}
