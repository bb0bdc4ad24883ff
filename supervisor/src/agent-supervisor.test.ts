import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@mobyclaw/lib/clock';
import { silentLogger } from '@mobyclaw/lib/logger';
import { soulHash } from '@mobyclaw/lib/soul-hash';
import { supervisorStatusSchema } from '@mobyclaw/protocol/control';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AgentFiles } from './agent-files.ts';
import { AgentSupervisor, type AgentSupervisorOptions } from './agent-supervisor.ts';
import { startControlServer } from './control-server.ts';
import type { FoundEngine } from './engine.ts';
import { parseVersion } from './engine-version.ts';
import { birthOf } from './process-table.ts';

const STAND_IN = fileURLToPath(new URL('fixtures/stand-in-agent.mjs', import.meta.url));
const GOOD =
  'version: "7"\nagents:\n  root: {skills: true, model: m}\n  guest: {model: m}\n  webhook: {model: m}\n';
const BROKEN = 'version: "7"\nagents:\n  root: [broken\n';

function engine(version: string): FoundEngine {
  const numbers = parseVersion(version)?.version ?? null;
  return { kind: 'cagent', version, command: process.execPath, prefix: [STAND_IN], numbers };
}

interface Setup {
  supervisor: AgentSupervisor;
  publish(text: string): void;
  folder: string;
  record(): { soul: string; pid: number; argv: string[]; cwd: string; env: Record<string, string> }[];
}

function setUp(options: Partial<AgentSupervisorOptions> = {}): Setup {
  const folder = temporaryFolder();
  const published = join(folder, 'soul.yaml');
  const recordPath = join(folder, 'record');
  const supervisor = new AgentSupervisor({
    engine: engine('1.32.3'),
    published,
    fitted: join(folder, 'engine/soul.yaml'),
    sessionDb: join(folder, 'session.db'),
    cwd: folder,
    listen: `unix://${folder}/agent.sock`,
    token: undefined,
    env: () => ({ STAND_IN_RECORD: recordPath }),
    log: { write: () => undefined },
    logger: silentLogger,
    clock: systemClock,
    backoff: { firstMs: 10, maxMs: 50 },
    ...options,
  });
  onTestFinished(() => supervisor.stop());
  return {
    supervisor,
    folder,
    publish: (text) => writeFileSync(published, text),
    record: () =>
      existsSync(recordPath)
        ? readFileSync(recordPath, 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line))
        : [],
  };
}

const hash = (text: string): string => soulHash(Buffer.from(text));

test('ready once the agent lists the published file', async () => {
  const { supervisor, publish, record, folder } = setUp();
  publish(GOOD);
  await supervisor.start();
  expect(supervisorStatusSchema.parse(supervisor.status)).toMatchObject({
    engine: { kind: 'cagent', version: '1.32.3' },
    state: 'ready',
    restarts: 0,
    soul: hash(GOOD),
  });
  expect(record()[0]).toMatchObject({ pid: supervisor.status.pid, cwd: folder });
  expect(readFileSync(join(folder, 'engine/soul.yaml'), 'utf8')).toBe(GOOD);
});

test('the database is written anew while no engine runs, which then runs again', async () => {
  const { supervisor, publish, record, folder } = setUp();
  const path = join(folder, 'session.db');
  const database = new DatabaseSync(path);
  database.exec(`CREATE TABLE t (a); INSERT INTO t VALUES ('canary'); DELETE FROM t`);
  database.close();
  expect(readFileSync(path).includes('canary')).toBe(true);
  publish(GOOD);
  await supervisor.start();
  const { pid } = supervisor.status;
  expect(await supervisor.overwriteSessions()).toBeNull();
  expect(readFileSync(path).includes('canary')).toBe(false);
  expect(supervisor.status.state).toBe('ready');
  expect(supervisor.status.pid).not.toBe(pid);
  expect(record()).toHaveLength(2);
});

describe("the engine's copy", () => {
  const STRANGER = `${GOOD}providers: { main: { base_url: "http://stranger.example" } }\n`;

  test('that somebody rewrote is told, and made anew when the engine is started again', async () => {
    const { supervisor, publish, record, folder } = setUp();
    publish(GOOD);
    await supervisor.start();
    expect(supervisorStatusSchema.parse(supervisor.status).altered).toBeUndefined();
    writeFileSync(join(folder, 'engine/soul.yaml'), STRANGER);
    expect(supervisorStatusSchema.parse(supervisor.status)).toMatchObject({
      altered: true,
      soul: hash(GOOD),
    });
    process.kill(supervisor.status.pid ?? 0, 'SIGKILL');
    await until('the next start', () => record().length === 2);
    expect(record()[1]?.soul).toBe(GOOD);
    await until('the agent', () => supervisor.status.state === 'ready');
    expect(supervisor.status.altered).toBeUndefined();
  });

  test.each(['a link', 'a folder', 'a link for its folder'])(
    'is made anew where %s was put',
    async (what) => {
      const { supervisor, publish, record, folder } = setUp();
      publish(GOOD);
      await supervisor.start();
      const copy = join(folder, 'engine/soul.yaml');
      writeFileSync(join(folder, 'stranger.yaml'), STRANGER);
      mkdirSync(join(folder, 'elsewhere'));
      rmSync(what === 'a link for its folder' ? join(folder, 'engine') : copy, { recursive: true });
      if (what === 'a link') symlinkSync(join(folder, 'stranger.yaml'), copy);
      else if (what === 'a folder') mkdirSync(copy);
      else symlinkSync(join(folder, 'elsewhere'), join(folder, 'engine'));
      expect(supervisor.status.altered).toBe(true);
      expect(await supervisor.reload()).toMatchObject({ ok: true });
      expect(record()[1]?.soul).toBe(GOOD);
      expect(readFileSync(join(folder, 'stranger.yaml'), 'utf8')).toBe(STRANGER);
    },
  );

  test('that is rewritten while the engine starts is not run', async () => {
    const { supervisor, publish } = setUp();
    publish(GOOD);
    await supervisor.start();
    publish(`${GOOD}# rewrites\n`);
    expect(await supervisor.reload()).toMatchObject({
      ok: false,
      problem: { message: expect.stringContaining('was rewritten by another program') },
    });
    expect(supervisor.status).toMatchObject({ state: 'broken', pid: null });
  });
});

test('waits for a first file to be published', async () => {
  const { supervisor, publish } = setUp();
  await supervisor.start();
  expect(supervisor.status).toMatchObject({ state: 'down', soul: null });
  expect(supervisor.status.problem?.message).toContain('no soul.yaml is published yet');
  publish(GOOD);
  await until('the agent', () => supervisor.status.state === 'ready');
});

describe('reload', () => {
  test('runs the new file in a new process', async () => {
    const { supervisor, publish } = setUp();
    publish(GOOD);
    await supervisor.start();
    const before = supervisor.status.pid ?? 0;
    publish(`${GOOD}# edited\n`);
    expect(await supervisor.reload()).toEqual({ ok: true, soul: hash(`${GOOD}# edited\n`) });
    expect(supervisor.status).toMatchObject({ state: 'ready', restarts: 0 });
    expect(supervisor.status.pid).not.toBe(before);
    expect(birthOf(before)).toBeNull();
  });

  test('a file that the engine refuses: its own words, its line, and no agent until the next reload', async () => {
    const { supervisor, publish, record } = setUp();
    publish(GOOD);
    await supervisor.start();
    publish(BROKEN);
    const problem = { message: "sequence end token ']' not found.", line: 3, column: 9 };
    expect(await supervisor.reload()).toEqual({ ok: false, problem });
    expect(supervisor.status).toMatchObject({ state: 'broken', pid: null, problem, soul: hash(BROKEN) });
    const starts = record().length;
    publish(GOOD);
    expect(await supervisor.reload()).toMatchObject({ ok: true });
    expect(supervisor.status.problem).toBeUndefined();
    expect(record()).toHaveLength(starts + 1);
  });

  test('an agent that drops the connection of its list is asked for the reason all the same', async () => {
    const { supervisor, publish } = setUp();
    publish('# empty\n');
    expect(await supervisor.reload()).toEqual({
      ok: false,
      problem: {
        message: 'no agents loaded; ensure your agent configuration defines at least one agent.',
      },
    });
  });

  test('an agent that ends at its start: the last thing it said', async () => {
    const { supervisor, publish } = setUp();
    publish('# exits\n');
    expect(await supervisor.reload()).toEqual({
      ok: false,
      problem: { message: 'the agent ended with code 3: cannot work like this.' },
    });
    expect(supervisor.status.state).toBe('broken');
  });

  test('an agent that never serves: after the deadline', async () => {
    const { supervisor, publish } = setUp({ reloadMs: 300 });
    publish('# hangs\n');
    const result = await supervisor.reload();
    expect(result).toEqual({ ok: false, problem: { message: 'the agent did not come up within 0.3 s.' } });
    expect(supervisor.status).toMatchObject({ state: 'broken', pid: null });
  });

  test('a kill during the start is not held against the file', async () => {
    const { supervisor, publish, record } = setUp();
    publish('# hangs\n');
    const reloaded = supervisor.reload();
    const first = await until('the first start', () => record()[0]);
    publish(GOOD);
    writeFileSync(first.argv[2] ?? '', GOOD); // what the next start will read
    process.kill(first.pid, 'SIGKILL');
    expect(await reloaded).toMatchObject({ ok: true });
  });

  test('several at once are done one after another', async () => {
    const { supervisor, publish, record } = setUp();
    publish(GOOD);
    const results = await Promise.all([supervisor.start(), supervisor.reload(), supervisor.reload()]);
    expect(results.slice(1)).toEqual([
      { ok: true, soul: hash(GOOD) },
      { ok: true, soul: hash(GOOD) },
    ]);
    const pids = record().map(({ pid }) => pid);
    expect(pids).toHaveLength(3);
    expect(pids.filter((pid) => birthOf(pid) !== null)).toEqual([supervisor.status.pid]);
  });
});

test('a crash of a good agent is mended, every time', async () => {
  const { supervisor, publish } = setUp();
  publish(GOOD);
  await supervisor.start();
  for (let round = 1; round <= 3; round++) {
    const pid = supervisor.status.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await until('another agent', () => supervisor.status.state === 'ready' && supervisor.status.pid !== pid);
    expect(supervisor.status.restarts).toBe(round);
  }
});

test('after a crash it is not ready before it lists itself again', async () => {
  const { supervisor, publish } = setUp();
  publish(GOOD);
  await supervisor.start();
  process.kill(supervisor.status.pid ?? 0, 'SIGKILL');
  await until('the crash to be seen', () => supervisor.status.state === 'down');
  expect(supervisor.status.problem?.message).toBe('the agent was ended by SIGKILL.');
  await until('the agent', () => supervisor.status.state === 'ready');
  expect(supervisor.status.problem).toBeUndefined();
});

test('a newer engine gets its token and its fitted file', async () => {
  const soul = `${GOOD}x: {type: mcp, remote: {url: "http://memory:9100/mcp"}}\n`;
  const { supervisor, publish, record, folder } = setUp({ engine: engine('1.149.0'), token: 'secret' });
  publish(soul);
  expect(await supervisor.reload()).toEqual({ ok: true, soul: hash(soul) });
  expect(record()[0]?.argv.slice(-2)).toEqual(['--auth-token', 'secret']);
  expect(readFileSync(join(folder, 'engine/soul.yaml'), 'utf8')).toBe(
    soul.replace('"7"', '"10"').replace('{type', '{allow_private_ips: true, type'),
  );
});

test('a stop in the middle of a start leaves nothing behind', async () => {
  const { supervisor, publish, record } = setUp();
  publish('# hangs\n');
  const reloaded = supervisor.reload();
  const { pid } = await until('the start', () => record()[0]);
  await supervisor.stop();
  expect(await reloaded).toMatchObject({ ok: false });
  expect(birthOf(pid)).toBeNull();
  expect(await supervisor.reload()).toMatchObject({ ok: false });
});

/** `fetch` would not let a test choose the Host header. */
async function statusWithHost(url: string, host: string): Promise<number | undefined> {
  const outgoing = request(`${url}/healthz`, { headers: { host } }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

describe('control server', () => {
  async function serve(): Promise<{ url: string; publish(text: string): void }> {
    const { supervisor, publish } = setUp();
    publish(GOOD);
    await supervisor.start();
    const server = await startControlServer({
      agent: supervisor,
      files: new AgentFiles({ cwd: import.meta.dirname, home: '/', workspace: () => null }),
      token: 'control-token',
      host: '127.0.0.1',
      port: 0,
      logger: silentLogger,
    });
    onTestFinished(() => server.close());
    return { url: `http://127.0.0.1:${server.port}`, publish };
  }
  const headers = { authorization: 'Bearer control-token' };

  test('status and reload, for the bearer of the token alone', async () => {
    const { url, publish } = await serve();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    for (const [method, path] of [
      ['GET', '/status'],
      ['POST', '/reload'],
      ['GET', '/elsewhere'],
    ] as const) {
      expect((await fetch(`${url}${path}`, { method })).status).toBe(401);
      const wrong = await fetch(`${url}${path}`, { method, headers: { authorization: 'Bearer no' } });
      expect(wrong.status).toBe(401);
    }
    const status = supervisorStatusSchema.parse(await (await fetch(`${url}/status`, { headers })).json());
    expect(status.state).toBe('ready');
    publish(BROKEN);
    const reload = await fetch(`${url}/reload`, { method: 'POST', headers });
    expect(reload.status).toBe(200);
    expect(await reload.json()).toMatchObject({ ok: false, problem: { line: 3 } });
    const unknown = await fetch(`${url}/elsewhere`, { headers });
    expect(unknown.status).toBe(404);
    expect(unknown.headers.get('content-type')).toBe('application/problem+json');
  });

  test('a file of the agent, with its name, or why not', async () => {
    const { url } = await serve();
    expect((await fetch(`${url}/file?path=bundles.ts`)).status).toBe(401);
    const file = await fetch(`${url}/file?path=bundles.ts`, { headers });
    expect([file.status, file.headers.get('x-file-name')]).toEqual([200, 'bundles.ts']);
    expect(await file.text()).toBe(readFileSync(join(import.meta.dirname, 'bundles.ts'), 'utf8'));
    const none = await fetch(`${url}/file?path=nowhere`, { headers });
    expect([none.status, await none.json()]).toMatchObject([404, { detail: 'There is no file nowhere.' }]);
  });

  test('a path that begins with two slashes is a path, and needs the token like any other', async () => {
    const { url } = await serve();
    for (const path of ['//', '//status', '//evil.example/status']) {
      expect((await fetch(url + path)).status).toBe(401);
    }
  });

  test('closing does not wait for a request that is under way, nor for a connection that is kept', async () => {
    const under = Promise.withResolvers<void>();
    const { supervisor } = setUp();
    const agent = {
      status: supervisor.status,
      reload: () => {
        under.resolve();
        return new Promise<never>(() => undefined);
      },
      overwriteSessions: async () => null,
    };
    const files = new AgentFiles({ cwd: import.meta.dirname, home: '/', workspace: () => null });
    const place = { token: 'control-token', host: '127.0.0.1', port: 0, logger: silentLogger };
    const server = await startControlServer({ agent, files, ...place });
    const url = `http://127.0.0.1:${server.port}`;
    await (await fetch(`${url}/healthz`)).text();
    const reload = fetch(`${url}/reload`, { method: 'POST', headers }).then(
      () => 'answered',
      () => 'cut',
    );
    await under.promise;
    let closed = false;
    void server.close().then(() => {
      closed = true;
    });
    await until('the close', () => closed, 2000);
    expect(await reload).toBe('cut');
  });

  test('a web page cannot call it', async () => {
    const { url } = await serve();
    const foreign = await fetch(`${url}/healthz`, { headers: { origin: 'https://example.com' } });
    expect(foreign.status).toBe(403);
    expect(await foreign.json()).toMatchObject({ detail: expect.stringContaining('https://example.com') });
    expect(await statusWithHost(url, 'example.com')).toBe(403);
    expect(await statusWithHost(url, 'no name')).toBe(400);
  });
});
