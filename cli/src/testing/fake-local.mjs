/**
 * Stands in for dist/local.js in tests: writes run/local.json as the environment asks and answers as a gateway does.
 * FAKE_LOCAL: ready, fail, broken, warns (ready, with something to say) or die; a file `broken` beside it makes it fail, as a bad build does.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

// As lib/src/part-secrets.ts: of a build that reads its standard input.
const given = process.env.MOBYCLAW_SECRETS === 'stdin' ? JSON.parse(readFileSync(0, 'utf8')) : process.env;
const { MOBYCLAW_HOME: home, MOBYCLAW_PORT: port, FAKE_LOCAL = 'ready' } = given;
const mode = existsSync(new URL('broken', import.meta.url)) ? 'fail' : FAKE_LOCAL;
const file = join(home, 'run/local.json');
const startedAt = new Date().toISOString();
const log = (msg) =>
  process.stdout.write(
    `${JSON.stringify({ time: new Date().toISOString(), level: 'error', part: 'local', msg })}\n`,
  );

function publish(state, parts, problem) {
  const all = Object.entries(parts).map(([name, part]) => ({
    name,
    pid: null,
    birth: null,
    restarts: 0,
    ...part,
  }));
  const text = JSON.stringify({
    pid: process.pid,
    version: '0.1.0',
    program: process.argv[1],
    build: readFileSync(new URL('.built', import.meta.url), 'utf8').trim(),
    startedAt,
    port: Number(port),
    state,
    problem,
    parts: all,
  });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
const parts = (memory, agent, gateway) => ({ memory, agent, gateway });
const ready = { state: 'ready' };
const starting = { state: 'starting' };
const alive = setInterval(() => undefined, 1000);

process.on('SIGTERM', () => {
  rmSync(file, { force: true });
  process.exit(0);
});

if (mode === 'die') {
  log('out of luck');
  process.exit(3);
} else if (mode === 'fail') {
  log('cannot start');
  publish('failed', parts(starting, starting, starting), 'port 1 is in use by another program: end it');
  clearInterval(alive);
} else if (mode === 'broken') {
  const problem = 'soul.yaml line 3: unknown key "modle"';
  publish('degraded', parts(ready, { state: 'broken', problem }, ready), problem);
} else {
  publish('starting', parts(starting, { state: 'waiting' }, { state: 'waiting' }));
  mkdirSync(join(home, 'gateway'), { recursive: true });
  writeFileSync(join(home, 'gateway/cli-token'), 'test-token');
  const status = {
    version: '0.1.0',
    startedAt,
    state: 'ready',
    agent: {
      reachable: true,
      engine: 'embedded',
      version: '0.1.0',
      generation: 'messages-object',
      model: 'offline',
      ...(mode === 'warns' ? { detail: 'The tool server notes cannot be used: it does not start.' } : {}),
    },
    soul:
      mode === 'warns'
        ? { state: 'rejected', problem: 'soul.yaml line 3: unknown key "modle"' }
        : { state: 'in-force' },
    turns: { running: 0, queued: 0, limit: 16 },
    sessions: 0,
    store: { path: home, bytes: 1 },
  };
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/readyz' || request.url === '/api/status' ? 200 : 404);
    response.end(JSON.stringify(status));
  });
  server.listen(Number(port), '127.0.0.1', () => publish('ready', parts(ready, ready, ready)));
}
