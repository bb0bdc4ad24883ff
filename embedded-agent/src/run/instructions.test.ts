/** What the model is told before the conversation, as it is sent to the provider. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ModelRequest, startFakeModel } from '@mobyclaw/testkit/fake-model';
import { ManualClock } from '@mobyclaw/testkit/manual-clock';
import { startMcpServer, textResult } from '@mobyclaw/testkit/mcp-server';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, it, onTestFinished } from 'vitest';
import { fakeSoul, startAgent } from '../testing/agent.ts';

const search = {
  search: {
    description: 'Search',
    inputSchema: { type: 'object' as const, properties: {} },
    call: () => textResult('found'),
  },
};

async function server(instructions?: string) {
  const started = await startMcpServer(search, instructions === undefined ? {} : { instructions });
  onTestFinished(() => started.close());
  return started;
}

async function fakeModel() {
  const model = await startFakeModel(() => ({ text: ['Yes.'] }));
  onTestFinished(() => model.close());
  return model;
}

function systemText(request: ModelRequest | undefined): string {
  return (request?.messages ?? [])
    .filter(({ role }) => role === 'system')
    .map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content)))
    .join('\n\n');
}

it('tells what each MCP server says about its tools, and what the owner says instead', async () => {
  const model = await fakeModel();
  const [one, two, silent] = [
    await server('Search before you answer.'),
    await server('Be brief.'),
    await server(),
  ];
  const remote = (url: string, more = '') => `
      - type: mcp
        remote: { url: ${url}, transport_type: streamable }${more}`;
  const toolsets = [
    remote(one.url),
    remote(
      two.url,
      '\n        instruction: "The owner adds: use it in the evening. {ORIGINAL_INSTRUCTIONS}"',
    ),
    remote(silent.url),
    '\n      - type: think\n        instruction: Think twice.',
  ].join('');
  const agent = await startAgent(fakeSoul(model.baseUrl, { toolsets }));
  await agent.run(await agent.newSession(), 'hello');
  expect(systemText(model.requests[0])).toBe(
    [
      'You are Moby.',
      'Search before you answer.',
      'The owner adds: use it in the evening. Be brief.',
      'Think twice.',
    ].join('\n\n'),
  );
});

it('tells nothing of a server that is not there, and all of the others', async () => {
  const model = await fakeModel();
  const [gone, there] = [await server('I am gone.'), await server('I am here.')];
  await gone.close();
  const toolsets = [gone, there]
    .map(({ url }) => `\n      - type: mcp\n        remote: { url: ${url}, transport_type: streamable }`)
    .join('');
  const agent = await startAgent(fakeSoul(model.baseUrl, { toolsets }));
  await agent.run(await agent.newSession(), 'hello');
  expect(systemText(model.requests[0])).toBe('You are Moby.\n\nI am here.');
});

it('tells the date, where it works and the prompt files as they are at each call', async () => {
  const model = await fakeModel();
  const folder = temporaryFolder();
  const now = new Date(2026, 2, 4, 9).getTime(); // by the clock of this machine, as it is told
  const soul = fakeSoul(model.baseUrl, {
    agent: '    add_date: true\n    add_environment_info: true\n    add_prompt_files: [NOTES.md, missing.md]',
  });
  writeFileSync(join(folder, 'NOTES.md'), 'The cat is called Tarantella.\n');
  const agent = await startAgent(soul, { folder, clock: new ManualClock(now) });
  const id = await agent.newSession();
  await agent.run(id, 'hello');
  const environment = (git: string) =>
    `<env>\nWorking directory: ${folder}\nIs directory a git repo: ${git}\nOperating System: ${process.platform}\nCPU Architecture: ${process.arch}\n</env>`;
  const first = systemText(model.requests[0]);
  expect(first).toContain("Today's date: 2026-03-04");
  expect(first).toContain(environment('No'));
  expect(first).toContain('The cat is called Tarantella.');
  mkdirSync(join(folder, '.git'));
  writeFileSync(join(folder, 'NOTES.md'), 'The cat is called Quetzal.\n');
  await agent.run(id, 'hello again');
  const second = systemText(model.requests[1]);
  expect(second).toContain(environment('Yes'));
  expect(second).toContain('Quetzal');
  expect(second).not.toContain('Tarantella');
});

it('reads a prompt file from the nearest folder above, and from the home folder too', async () => {
  const model = await fakeModel();
  const folder = temporaryFolder();
  const [home, work] = [join(folder, 'home'), join(folder, 'work/inner')];
  for (const path of [home, work]) mkdirSync(path, { recursive: true });
  writeFileSync(join(folder, 'work/NOTES.md'), 'from above');
  writeFileSync(join(home, 'NOTES.md'), 'from home');
  const agent = await startAgent(fakeSoul(model.baseUrl, { agent: '    add_prompt_files: [NOTES.md]' }), {
    folder,
    workingDir: work,
    environment: { PATH: process.env.PATH, HOME: home },
  });
  await agent.run(await agent.newSession(), 'hello');
  expect(systemText(model.requests[0])).toContain('from above\n\nfrom home');
});
