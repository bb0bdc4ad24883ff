import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFakeModel } from '@mobyclaw/testkit/fake-model';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, onTestFinished, test } from 'vitest';
import { startAgent } from '../testing/agent.ts';

function put(kit: string, name: string, body = 'Do it.'): void {
  mkdirSync(join(kit, 'skills', name), { recursive: true });
  writeFileSync(
    join(kit, 'skills', name, 'SKILL.md'),
    `---\nname: ${name}\ndescription: "About ${name}"\n---\n${body}\n`,
  );
}

async function place(skills: string) {
  const model = await startFakeModel((_request, index) =>
    index === 0
      ? { toolCalls: [{ id: 'c', name: 'read_skill', arguments: '{"name":"notes"}' }] }
      : { text: ['Done.'] },
  );
  onTestFinished(() => model.close());
  const kit = temporaryFolder();
  const agent = await startAgent(
    `version: "7"
providers: { local: { base_url: '${model.baseUrl}' } }
models: { m: { provider: local, model: x } }
agents: { root: { model: m, instruction: You are Moby., skills: ${skills} }, guest: { model: m } }
permissions: { deny: [nothing] }
`,
    { environment: { DOCKER_AGENT_KIT_DIR: kit } },
  );
  const system = (index: number): string => JSON.stringify(model.requests[index]?.messages[0]);
  return { kit, agent, model, system };
}

test('a catalogue in order, and a skill as it stands, read without being asked about', async () => {
  const { kit, agent, model, system } = await place('true');
  put(kit, 'web-watch');
  put(kit, 'notes', 'Write it down.');
  const session = await agent.newSession({});
  const events = await agent.run(session, 'note this');
  expect(model.requests[0]?.tools?.map((tool) => tool.function.name)).toEqual(['read_skill']);
  expect(system(0)).toMatch(
    /You are Moby\..*<name>notes<.*About notes.*<name>web-watch<.*<\/available_skills>/s,
  );
  const response = events.find(({ type }) => type === 'tool_call_response') as { response?: string };
  expect(response.response).toContain('Write it down.');
  expect(system(1)).toBe(system(0));

  rmSync(join(kit, 'skills/notes'), { recursive: true });
  await agent.run(session, 'again');
  expect(system(2)).not.toContain('notes');
  expect(system(2)).toContain('web-watch');
});

test('without skills there is neither tool nor catalogue; a guest has none; a list names those that are wanted', async () => {
  const none = await place('true');
  await none.agent.run(await none.agent.newSession({}), 'hello');
  expect([none.model.requests[0]?.tools ?? [], none.system(0)]).toEqual([
    [],
    expect.not.stringContaining('kill'),
  ]);
  const some = await place('[notes]');
  put(some.kit, 'notes');
  put(some.kit, 'other');
  await some.agent.run(await some.agent.newSession({}), 'hello');
  expect(some.system(0)).toContain('About notes');
  expect(some.system(0)).not.toContain('About other');
  await some.agent.run(await some.agent.newSession({}), 'hello', { agentName: 'guest' });
  expect(JSON.stringify(some.model.requests.at(-1))).not.toContain('read_skill');
});
