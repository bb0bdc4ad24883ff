/** Queue mode steer: with the embedded agent as it runs, with an engine that cannot, and over kills of gateway and agent. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ScriptedAnswer, startFakeModel } from '@mobyclaw/testkit/fake-model';
import { spawnServer } from '@mobyclaw/testkit/server-process';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { expect, onTestFinished, test, vi } from 'vitest';
import { calls, embeddedWorld, soulText, startAgent } from '../testing/embedded-world.ts';
import { openHarness } from '../testing/harness.ts';

vi.setConfig({ testTimeout: 180_000 }); // real processes on a busy machine

const PERMISSIONS = 'permissions: { allow: ["*"] }\n';

/** A tool that runs until the file is there, then an answer that names all that was asked. */
function worker(
  folder: string,
): (request: { messages: { role: string; content?: unknown }[] }) => ScriptedAnswer {
  return ({ messages }) => {
    const said = JSON.stringify(messages.filter(({ role }) => role === 'user'));
    if (messages.at(-1)?.role === 'user' && !/steered|alone/.test(JSON.stringify(messages.at(-1)?.content)))
      return calls('shell', {
        cmd: `touch ${folder}/begun; while [ ! -e ${folder}/go ]; do sleep 0.05; done; echo ok`,
      });
    return { text: [`Answered ${[...new Set(said.match(/(?:task|steered|alone)-\d+/g) ?? [])].join(' ')}.`] };
  };
}

test.each([
  ['short', ''],
  ['of 20 kB', ' x'.repeat(10_000)],
])(
  'a message is put into the running answer after the tool; both have the one answer (%s)',
  async (_, more) => {
    const folder = temporaryFolder();
    const { moby, model } = await embeddedWorld({ rest: PERMISSIONS, script: worker(folder) });
    const running = await moby.start('task-1');
    await until('the tool to run', () => existsSync(join(folder, 'begun')));
    const other = await moby.start(`steered-1${more}`, { queue: 'steer' });
    const third = await moby.start('alone-1');
    const fourth = await moby.start('steered-2 comes after one that waits', { queue: 'steer' });
    expect((await moby.call('GET', `/api/turns/${other.turn}`)).body.state).toBe('queued');
    writeFileSync(join(folder, 'go'), '');
    const first = (await running.stream.all()).at(-1);
    expect(first).toMatchObject({ type: 'done', data: { text: 'Answered task-1 steered-1.' } });
    const second = (await other.stream.all()).at(-1);
    expect(second).toMatchObject({ type: 'done', data: { mergedInto: running.turn } });
    for (const { stream } of [third, fourth]) {
      const last = (await stream.all()).at(-1);
      expect([last?.type, last?.data]).toEqual([
        'done',
        expect.not.objectContaining({ mergedInto: expect.anything() }),
      ]);
    }
    expect(model.requests).toHaveLength(4);
    const { items } = (await moby.call('GET', '/api/sessions/api:default/messages')).body;
    expect(items.slice(0, 3).map(({ role, text }: { role: string; text: string }) => [role, text])).toEqual([
      ['user', 'task-1'],
      ['user', `steered-1${more}`],
      ['assistant', 'Answered task-1 steered-1.'],
    ]);
  },
);

test('a message that is too long for the agent’s echo is a turn of its own, told once', async () => {
  const folder = temporaryFolder();
  const { moby, model } = await embeddedWorld({ rest: PERMISSIONS, script: worker(folder) });
  const running = await moby.start('task-1');
  await until('the tool to run', () => existsSync(join(folder, 'begun')));
  const other = await moby.start(`steered-1${' x'.repeat(90_000)}`, { queue: 'steer' });
  writeFileSync(join(folder, 'go'), '');
  expect((await running.stream.all()).at(-1)).toMatchObject({ data: { text: 'Answered task-1.' } });
  const own = (await other.stream.all()).at(-1);
  expect(own).toMatchObject({ type: 'done', data: { text: 'Answered task-1 steered-1.' } });
  expect(own?.data).not.toHaveProperty('mergedInto');
  expect(model.requests).toHaveLength(3);
});

test('/stop ends both; an engine that cannot makes it a follow-up and says so once', async () => {
  const folder = temporaryFolder();
  const { moby } = await embeddedWorld({ rest: PERMISSIONS, script: worker(folder) });
  const running = await moby.start('task-1');
  await until('the tool to run', () => existsSync(join(folder, 'begun')));
  const other = await moby.start('steered-1', { queue: 'steer' });
  await moby.call('POST', '/api/sessions/api:default/stop');
  for (const { stream } of [running, other])
    expect((await stream.all()).at(-1)).toMatchObject({ type: 'error', data: { code: 'cancelled' } });

  const old = await openHarness();
  const slow = await old.start('tool=slow_tool tool-ms=3000');
  await slow.stream.until((event) => event.type === 'tool' && event.data.phase === 'call');
  const waiting = [await old.start('one', { queue: 'steer' }), await old.start('two', { queue: 'steer' })];
  const said: string[] = [];
  for (const { stream } of [slow, ...waiting]) {
    const events = await stream.all();
    expect(events.at(-1)).toMatchObject({ type: 'done' });
    expect(events.at(-1)?.data).not.toHaveProperty('mergedInto');
    for (const event of events) if (event.type === 'notice') said.push(event.data.text);
  }
  expect(said.filter((text) => text.includes('cannot put a message into an answer'))).toHaveLength(1);
  expect(old.agent?.stats().runs.filter(({ prompt }) => /\b(one|two)\b/.test(prompt))).toHaveLength(2);
});

test('nothing is lost or answered twice, wherever gateway or agent are killed', async () => {
  const folder = temporaryFolder();
  const home = temporaryFolder();
  const gates: (() => void)[] = [];
  let holds = false;
  const work = worker(folder);
  const model = await startFakeModel(async (request) => {
    const answer = work(request);
    if (holds && answer.text) await new Promise<void>((resolve) => gates.push(resolve));
    return answer;
  });
  onTestFinished(() => model.close());
  const soul = join(folder, 'soul.yaml');
  writeFileSync(soul, soulText(model.baseUrl, '', PERMISSIONS));
  const socket = join(folder, 'agent.sock');
  let agent = await startAgent(soul, folder, socket);
  const main = join(import.meta.dirname, '../main.ts');
  const environment = { MOBYCLAW_HOME: home, MOBYCLAW_PORT: '0', MOBYCLAW_AGENT_URL: `unix://${socket}` };
  let gateway = spawnServer(main, environment);
  const listens = async (): Promise<string> => {
    const port = await until(
      'the gateway to listen',
      () => /"port":(\d+)/.exec(gateway.output())?.[1],
      60_000,
    );
    return `http://127.0.0.1:${port}`;
  };
  let url = await listens();
  onTestFinished(() => void gateway.child.kill('SIGKILL'));
  const killGateway = async (): Promise<void> => {
    await killed(gateway.child);
    gateway = spawnServer(main, environment);
    url = await listens();
  };
  const killAgent = async (): Promise<void> => {
    await killed(agent);
    agent = await startAgent(soul, folder, socket);
  };
  const call = async (method: string, path: string, body?: object) => {
    const token = readFileSync(join(home, 'gateway/cli-token'), 'utf8').trim();
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  const accept = async (prompt: string, session: string, queue: string): Promise<string> =>
    String((await call('POST', '/api/turns', { prompt, session, queue })).turn);

  const deaths: [string, (heard: () => Promise<void>) => Promise<void>][] = [
    ['the gateway, once it was accepted', async () => killGateway()],
    ['the agent, once it was accepted', async () => killAgent()],
    ['the gateway, once it was heard', async (heard) => heard().then(killGateway)],
    ['the agent, once it was heard', async (heard) => heard().then(killAgent)],
    ['both, once it was heard', async (heard) => heard().then(killAgent).then(killGateway)],
  ];
  for (const [index, [what, die]] of deaths.entries()) {
    const n = index + 1;
    const session = `api:kill-${n}`;
    for (const file of ['begun', 'go']) rmSync(join(folder, file), { force: true });
    holds = true;
    const first = await accept(`task-${n}`, session, 'followup');
    await until('the tool to run', () => existsSync(join(folder, 'begun')), 60_000);
    const second = await accept(`steered-${n}`, session, 'steer');
    await die(async () => {
      writeFileSync(join(folder, 'go'), '');
      await until('the model to hear it', () => gates.length > 0, 60_000);
    });
    holds = false;
    writeFileSync(join(folder, 'go'), '');
    for (const open of gates.splice(0)) open();
    const ended = async (turn: string) => {
      const view = await call('GET', `/api/turns/${turn}`);
      return view.state === 'done' || view.state === 'failed' ? view : undefined;
    };
    for (const turn of [first, second])
      expect([
        what,
        await until(`the end after the death of ${what}`, () => ended(turn), 90_000),
      ]).toMatchObject([what, { state: 'done' }]);
    const { items } = (await call('GET', `/api/sessions/${session}/messages`)) as {
      items: { role: string; text: string }[];
    };
    const answers = items.filter(({ role }) => role === 'assistant');
    const asked = items.filter(({ role }) => role === 'user').map(({ text }) => text);
    expect([what, asked]).toEqual([what, [`task-${n}`, `steered-${n}`]]);
    expect([what, answers.filter(({ text }) => text.includes(`steered-${n}`)).length]).toEqual([what, 1]);
  }
}, 400_000);

async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
