/** What it costs to have egress on the way: the first piece of a model's answer through the relay, a refusal of the door, memory. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startFakeModel } from '@mobyclaw/testkit/fake-model';
import { mb, median, more, ms, type Row } from './row.ts';

const MAIN = new URL('../../dist/egress.js', import.meta.url).pathname;
const KEY = 'sk-moby-of-the-bench-0123456789';
const TOKEN = 'token-of-the-bench-0123456789';
const ROUNDS = 200;
const STREAMS = 256;
const AIM_MORE_MS = 2;
const AIM_REFUSAL_MS = 50;
const AIM_MB = 45;
const BODY = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] });

export async function measureEgress(): Promise<Row[]> {
  const home = mkdtempSync(join(tmpdir(), 'mobyclaw-bench-egress-'));
  const model = await startFakeModel(() => ({ text: ['one', 'two'] }));
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env.PATH,
      MALLOC_ARENA_MAX: '1',
      MOBYCLAW_HOME: home,
      MOBYCLAW_EGRESS_TOKEN: TOKEN,
      MOBYCLAW_MODEL_KEY: KEY,
      MOBYCLAW_RELAY_LISTEN: '127.0.0.1:0',
      MOBYCLAW_DOOR_LISTEN: '127.0.0.1:0',
      MOBYCLAW_EGRESS_LISTEN: '127.0.0.1:0',
      OPENAI_API_KEY: 'real',
      OPENAI_BASE_URL: model.baseUrl,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let addresses: { url: string; relayUrl: string; doorUrl: string } | null = null;
    for await (const line of createInterface(child.stdout)) {
      if (!line.includes('"listening"')) continue;
      addresses = JSON.parse(line);
      break;
    }
    if (addresses === null) throw new Error('egress ended before it listened');
    child.stdout.resume();
    const idle = pssMb(child.pid ?? 0);
    const firstRefusal = await refusal(addresses.doorUrl);
    await tellBudget(addresses.url);
    const relay = `${addresses.relayUrl}/openai/v1/chat/completions`;
    const direct: number[] = [];
    const relayed: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      direct.push(await firstPiece(`${model.baseUrl}/chat/completions`));
      relayed.push(await firstPiece(relay));
    }
    await Promise.all(Array.from({ length: STREAMS }, () => firstPiece(relay)));
    const busy = pssMb(child.pid ?? 0);
    const cost = median(relayed) - median(direct);
    return [
      {
        what: "first piece of a model's answer, by the relay",
        direct: ms(median(direct)),
        gateway: ms(median(relayed)),
        reached: more(cost),
        aim: more(AIM_MORE_MS),
        ok: cost <= AIM_MORE_MS,
      },
      {
        what: 'first refusal of the door after its start',
        gateway: ms(firstRefusal),
        reached: ms(firstRefusal),
        aim: ms(AIM_REFUSAL_MS),
        ok: firstRefusal <= AIM_REFUSAL_MS,
      },
      ...[idle, busy].map((used, index) => ({
        what: index === 0 ? 'egress, PSS, idle' : `egress, PSS, after ${STREAMS} streams at once`,
        gateway: mb(used),
        reached: mb(used),
        aim: mb(AIM_MB),
        ok: used <= AIM_MB,
      })),
    ];
  } finally {
    child.kill('SIGKILL');
    await model.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** Milliseconds until the first byte of the answer's body; its connection is kept for the next, as an engine's is. */
function firstPiece(url: string): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
    const call = request(url, { method: 'POST', headers }, (response) => {
      let first = 0;
      response.on('data', () => {
        first ||= performance.now() - began;
      });
      response.on('end', () =>
        response.statusCode === 200 ? resolve(first) : reject(new Error(`${response.statusCode}`)),
      );
    });
    call.on('error', reject);
    call.end(BODY);
  });
}

function refusal(doorUrl: string): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(doorUrl).port), '127.0.0.1');
    socket.write('CONNECT unknown.example:443 HTTP/1.1\r\nHost: unknown.example:443\r\n\r\n');
    socket.on('error', reject).once('data', () => {
      resolve(performance.now() - began);
      socket.destroy();
    });
  });
}

function tellBudget(url: string): Promise<void> {
  const caps = { dayUsd: null, monthUsd: null, dayTokens: null, monthTokens: null };
  const body = JSON.stringify({
    caps,
    timeZone: 'UTC',
    prices: [['*', { input: 1, output: 1 }]],
    liftedDay: null,
  });
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const call = request(`${url}/budget`, { method: 'PUT', headers }, (response) => {
      response.resume().on('end', resolve);
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** Its share of what it has in memory, in megabytes. */
function pssMb(pid: number): number {
  const [, kb = '0'] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return Number(kb) / 1024;
}
