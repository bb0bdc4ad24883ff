import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { problem, startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

const AT = '2026-01-02T03:04:05Z';
const ID = '019b7d3a-0000-7000-8000-0000000abc12';
const HOUR_MS = 3_600_000;

function job(over: Record<string, unknown> = {}) {
  return {
    id: ID,
    name: 'Morning brief',
    cron: '0 7 * * 1-5',
    timeZone: 'Asia/Kolkata',
    prompt: 'What is on today?',
    session: 'keep',
    misfire: 'once',
    overlap: 'skip',
    retries: 2,
    enabled: true,
    state: 'active',
    runs: 3,
    failures: 0,
    nextRun: new Date(Date.now() + 3.2 * HOUR_MS).toISOString(),
    lastRun: { slot: AT, state: 'ended', outcome: 'succeeded' },
    createdAt: AT,
    updatedAt: AT,
    ...over,
  };
}

async function cron(jobs = [job()]) {
  const home = temporaryFolder();
  const api = await startApi(home);
  api.on('GET /api/jobs', { body: { items: jobs } });
  const at = { home, port: api.port, env: { MOBYCLAW_TZ: 'Asia/Kolkata' } };
  return { api, cli: (...args: string[]) => runCli(['cron', ...args], at) };
}

test('list: next times in the owner’s zone and in words', async () => {
  const once = job({ id: `${ID.slice(0, -1)}3`, name: 'Call', cron: undefined, at: AT, timeZone: 'UTC' });
  const { cli } = await cron([job(), once]);
  const { code, stdout } = await cli();
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^0abc12 +Morning brief +0 7 \* \* 1-5 +\d{4}-\d\d-\d\d \d\d:\d\d, in 3 h 1[12] min +active +succeeded \d+ d \d+ h ago$/m,
  );
  expect(stdout).toMatch(/^0abc13 +Call +once +/m);
  expect(JSON.parse((await cli('--json')).stdout)).toHaveLength(2);
});

test('what has finished is listed on request alone; a name means the schedule that is to come', async () => {
  const finished = job({ id: `${ID.slice(0, -1)}3`, state: 'finished', enabled: false });
  const { api, cli } = await cron([job(), finished]);
  api.on(`GET /api/jobs/${ID}`, { body: job() }).on(`GET /api/jobs/${finished.id}`, { body: finished });
  await cli();
  await cli('list', '--all');
  expect(api.seen.map(({ path }) => path)).toEqual(['/api/jobs', '/api/jobs?all=true']);
  expect(JSON.parse((await cli('show', 'Morning brief', '--json')).stdout).id).toBe(ID);
  expect(JSON.parse((await cli('show', '0abc13', '--json')).stdout).state).toBe('finished');
});

test('add: what was meant goes to the gateway, the next three times come back', async () => {
  const { api, cli } = await cron();
  const next = ['2026-01-05T01:30:00Z', '2026-01-06T01:30:00Z', '2026-01-07T01:30:00Z'];
  api.on('POST /api/jobs', { status: 201, body: job({ next }) });
  const added = await cli(
    ...['add', '--cron', '0 7 * * 1-5', '--tz', 'Asia/Kolkata', '--prompt', 'What is on today?'],
    ...['--channel', 'telegram:dm:42', '--misfire', 'all', '--max-age', '2h', '--overlap', 'queue'],
    ...['--until', '2027-01-01T00:00', '--count', '5'],
  );
  expect([added.code, added.stdout]).toEqual([0, `${ID}\n`]);
  expect(added.stderr.match(/^next: 2026-01-0\d 07:00, .*ago$/gm)).toHaveLength(3);
  expect(api.seen.at(-1)?.body).toEqual({
    name: 'What is on today?',
    cron: '0 7 * * 1-5',
    timeZone: 'Asia/Kolkata',
    prompt: 'What is on today?',
    channel: 'telegram:dm:42',
    misfire: 'all',
    maxAge: '2h',
    overlap: 'queue',
    until: '2027-01-01T00:00',
    count: 5,
  });
});

test('add: without a name it has the beginning of its words, in one line', async () => {
  const { api, cli } = await cron();
  api.on('POST /api/jobs', { status: 201, body: job({}) });
  const added = async (text: string): Promise<unknown> => {
    await cli('add', '--every', '1h', '--message', text);
    return api.seen.at(-1)?.body;
  };
  expect(await added(' Take the\n\n  tea\tout ')).toMatchObject({ name: 'Take the tea out' });
  const long = await added('🦎'.repeat(61));
  expect(long).toMatchObject({ name: `${'🦎'.repeat(59)}…` });
});

test('add refuses what is no schedule; the gateway’s own refusal is told', async () => {
  const { api, cli } = await cron();
  for (const args of [
    ['--message', 'x'],
    ['--every', '1h'],
    ['--every', '1h', '--at', AT, '--message', 'x'],
    ['--every', '1h', '--message', 'x', '--count', 'two'],
    ['--every', '1h', '--message', 'x', '--misfire', 'never'],
    ['--every', '1h', '--message', 'x', '--channel', 'nowhere'],
  ]) {
    const refused = await cli('add', ...args);
    expect([args, refused.code]).toEqual([args, 2]);
    expect(refused.stderr).toMatch(/^mobyclaw: /);
  }
  expect(api.seen).toEqual([]);
  api.on(
    'POST /api/jobs',
    problem(422, 'validation-failed', '"soon" is not a time. Write 2026-12-24T18:00.'),
  );
  const late = await cli('add', '--at', 'soon', '--message', 'x');
  expect([late.code, late.stderr]).toEqual([2, 'mobyclaw: "soon" is not a time. Write 2026-12-24T18:00.\n']);
});

test('a mistake is named by the option, and once', async () => {
  const { cli } = await cron();
  const every = await cli('add', '--every', '5', '--message', 'x');
  expect([every.code, every.stderr]).toEqual([
    2,
    'mobyclaw: --every: write a number and its unit, such as 30m, 2h or 1d.\n',
  ]);
  expect((await cli('add', '--every', '1h', '--message', '')).stderr).toBe(
    'mobyclaw: --message: is empty.\n',
  );
  const count = await cli('add', '--every', '1h', '--message', 'x', '--count', '0', '--max-age', '1');
  expect(count.stderr).toMatch(/^mobyclaw: --max-age: write .*\n--count: write 1 or more\.\n$/);
});

test('a word that is no subcommand is refused, with those there are', async () => {
  const { cli } = await cron();
  const { code, stderr } = await cli('bogus');
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/There is no "cron bogus".*list, add, show, edit/),
  ]);
  expect((await cli('--json')).code).toBe(0);
});

test('pause, resume and remove print the schedule for a script', async () => {
  const { api, cli } = await cron();
  api.on(`PATCH /api/jobs/${ID}`, { body: job() }).on(`DELETE /api/jobs/${ID}`, { status: 204 });
  for (const verb of ['pause', 'resume', 'remove']) {
    const { code, stdout } = await cli(verb, ID, '--json');
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { id: ID, name: 'Morning brief' }]);
  }
});

test('show, edit, pause, resume, run, remove: by id, the end of the id, or the name', async () => {
  const { api, cli } = await cron();
  const run = {
    id: 'r1',
    job: ID,
    slot: AT,
    trigger: 'manual',
    state: 'running',
    attempt: 1,
    delivery: { state: 'none' },
  };
  api
    .on(`GET /api/jobs/${ID}`, { body: job({ next: [AT], until: AT }) })
    .on(`PATCH /api/jobs/${ID}`, { body: job() })
    .on(`POST /api/jobs/${ID}/run`, { status: 202, body: run })
    .on(`DELETE /api/jobs/${ID}`, { status: 204 });
  const shown = (await cli('show', '0abc12')).stdout;
  expect(shown).toMatch(/^next +2026-01-02 08:34, /m);
  expect(shown).toMatch(/^until +2026-01-02 08:34$/m);
  expect(shown).toMatch(/^prompt +What is on today\?$/m);
  expect((await cli('edit', 'morning BRIEF', '--every', '2h', '--no-until', '--no-count')).code).toBe(0);
  expect(api.seen.at(-1)?.body).toEqual({ every: '2h', until: null, count: null });
  expect((await cli('pause', ID)).stderr).toContain('rests');
  expect(api.seen.at(-1)?.body).toEqual({ enabled: false });
  expect((await cli('resume', ID)).stderr).toContain('goes on');
  expect((await cli('run', ID)).stderr).toContain(`cron history ${ID}`);
  expect((await cli('remove', ID)).stderr).toContain('"Morning brief" is removed');
  expect((await cli('edit', ID)).code).toBe(2);
  expect((await cli('show', 'nothing')).stderr).toContain('There is no schedule "nothing"');
});

test('a name that two schedules have is not guessed at', async () => {
  const other = ID.replace('019b', '019c');
  const { cli } = await cron([job(), job({ id: other })]);
  const { code, stderr } = await cli('remove', 'Morning brief');
  expect([code, stderr]).toEqual([2, expect.stringContaining(`${ID}, ${other}`)]);
});

test('history: outcome, duration, tokens, delivery, reason', async () => {
  const { api, cli } = await cron();
  const failed = {
    id: 'r1',
    job: ID,
    slot: AT,
    trigger: 'late',
    state: 'ended',
    outcome: 'undelivered',
    attempt: 1,
    durationMs: 65_000,
    usage: { inputTokens: 100, outputTokens: 20, model: 'm' },
    delivery: { state: 'failed', channel: 'telegram:dm:42', error: 'blocked by the person' },
  };
  api.on(`GET /api/jobs/${ID}/runs`, { body: { items: [failed] } });
  const { stdout } = await cli('history', ID, '-n', '5');
  expect(stdout).toMatch(
    /^2026-01-02 08:34 +late +undelivered +1 min +120 +failed telegram:dm:42 +blocked by the person$/m,
  );
  expect(api.seen.at(-1)?.path).toContain('limit=5');
  expect((await cli('history', ID, '-n', '0')).code).toBe(2);
});

test('show: where it goes though no chat is named, retries, its zone, and the last failure with its reason', async () => {
  const failure = { slot: AT, state: 'ended', outcome: 'undelivered', detail: 'blocked by the person' };
  const lastRun = { slot: '2026-01-03T03:04:05Z', state: 'ended', outcome: 'succeeded' };
  const shown = job({ cron: undefined, every: '30s', timeZone: 'UTC', target: 'cli:main', lastRun });
  const { api, cli } = await cron([shown]);
  api.on(`GET /api/jobs/${ID}`, { body: { ...shown, next: [AT], lastFailure: failure } });
  const { stdout } = await cli('show', ID);
  expect(stdout).toMatch(/^when +every 30s \(UTC\)$/m);
  expect(stdout).toMatch(/^next +2026-01-02 08:34:05, /m);
  expect(stdout).toMatch(/^goes to +cli:main$/m);
  expect(stdout).toMatch(/^retries +2$/m);
  expect(stdout).toMatch(/^last run +succeeded, 2026-01-03 08:34:05/m);
  expect(stdout).toMatch(/^last failure +undelivered, 2026-01-02 08:34:05, .*ago: blocked by the person$/m);
  const changed = { ...shown, next: [AT], target: 'cli:main' };
  api.on(`PATCH /api/jobs/${ID}`, { body: changed });
  expect((await cli('edit', ID, '--every', '30s')).stderr).toMatch(/^goes to: cli:main$/m);
  api.on(`GET /api/jobs/${ID}`, { body: { ...shown, lastRun: failure, lastFailure: failure } });
  expect((await cli('show', ID)).stdout).not.toContain('last failure');
});

test('history is told to the second where rows would read alike', async () => {
  const { api, cli } = await cron();
  const run = (slot: string) => ({
    id: slot,
    job: ID,
    slot,
    trigger: 'schedule',
    state: 'ended',
    outcome: 'succeeded',
    attempt: 1,
    delivery: { state: 'none' },
  });
  api.on(`GET /api/jobs/${ID}/runs`, { body: { items: [run('2026-01-02T03:04:35Z'), run(AT)] } });
  expect((await cli('history', ID)).stdout).toMatch(/^2026-01-02 08:34:35 .*\n2026-01-02 08:34:05 /m);
});
