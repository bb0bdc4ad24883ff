/** The page in Debian's Chromium on the gateway as it is shipped: how soon a long conversation can be used, how soon a token is painted, what tabs cost. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Store } from '@mobyclaw/gateway/store/store';
import { until } from '@mobyclaw/testkit/until';
import { chromium, type Page } from 'playwright-core';
import type { GatewayProcess } from '../processes/gateway-process.ts';
import { ms, percentile, type Row } from './row.ts';
import type { Stage } from './stage.ts';

const MESSAGES = 5000;
const SLOWED = 4;
const TRIES = 5;
const AIM_MS = 500;
const FRAME_MS = 1000 / 60;
const BARE_STAMPS = 1500;
const STAMPS = 5700; // of 18 characters: 100 KB
const LONGEST_TASK_MS = 50;
const TABS = 10;
const TAB_STREAMS = 10;
const AIM_MB = 5;

export async function measurePage(stage: Stage): Promise<Row[]> {
  const home = stage.home();
  fillHistory(home);
  const { agent } = await stage.startAgent();
  const { gateway } = await stage.startGateway(agent.url, {}, home);
  const browser = await chromium.launch({
    executablePath: execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim(),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  const page = await (await browser.newContext()).newPage();
  const rows: Row[] = [];
  try {
    await page.goto(await loginAddress(gateway));
    await page.locator('.composer').waitFor();
    rows.push(await measureInteractive(page, gateway), ...(await measurePainted(page, gateway)));
  } finally {
    await browser.close();
  }
  rows.push(await measureTabs(gateway));
  await Promise.all([gateway.kill(), agent.kill()]);
  return rows;
}

/** Before the gateway is started. */
function fillHistory(home: string): void {
  mkdirSync(join(home, 'gateway'), { mode: 0o700 });
  const store = new Store(join(home, 'gateway/gateway.db'));
  const text = 'Some **bold** words, `code`, and [a link](https://example.org/).\n\n- one\n- two\n\n';
  store.transaction('relaxed', () => {
    store.sessions.touch('web:main', 1);
    for (let id = 0; id < MESSAGES; id++)
      store.messages.insert({
        session: 'web:main',
        turn: `t${id >> 1}`,
        role: id % 2 === 0 ? 'user' : 'assistant',
        text: `${id} ${text.repeat(1 + (id % 5))}`,
        at: id + 1,
      });
  });
  store.close();
}

async function loginAddress({ port, token }: GatewayProcess): Promise<string> {
  const answer = await ask(port, token, 'POST', '/api/login/codes');
  return `http://127.0.0.1:${port}/#login=${(JSON.parse(answer) as { code: string }).code}`;
}

/**
 * A page of a few lines that draws the same text as it comes and stays at its end, without any of us: what this browser on
 * this machine needs for it, in the moment of the measurement.
 */
async function startBarePage(): Promise<{ address: string; close(): void }> {
  const server = createServer(async (call, response) => {
    if (call.url !== '/stream') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(BARE_PAGE);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    for (let token = 1; token <= BARE_STAMPS && !response.destroyed; token++) {
      const now = (performance.timeOrigin + performance.now()).toFixed(3);
      response.write(`${now} ${token % 40 === 0 ? '\n\n' : ''}`);
      await sleep(10);
    }
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => server.close(),
  };
}

const BARE_PAGE = `<!doctype html><style>.chat { height: 700px; width: 700px; overflow: auto; background: white }</style>
<div class="chat"><p></p></div><script type="module">
const box = document.querySelector('.chat');
globalThis.begin = async () => {
  const reader = (await fetch('/stream')).body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let frame = 0;
  const draw = () => {
    frame = 0;
    for (const [index, part] of text.split('\\n\\n').entries()) {
      if (index > 0) box.append(document.createElement('p'));
      box.lastChild.append(part);
    }
    text = '';
    box.scrollTop = box.scrollHeight;
  };
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    frame ||= requestAnimationFrame(draw);
  }
};
</script>`;

/** From the start of a load to the frame that shows the newest message and the box to write in, with a warm cache. */
async function measureInteractive(page: Page, { port }: GatewayProcess): Promise<Row> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWED });
  await page.addInitScript(`{
    const look = () => {
      const last = [...document.querySelectorAll('.his .text')].at(-1)?.textContent ?? '';
      if (last.startsWith('${MESSAGES - 1} ') && document.querySelector('.composer textarea'))
        setTimeout(() => (globalThis.usableAt = performance.now()));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }`);
  const times: number[] = [];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    await page.goto(`http://127.0.0.1:${port}/?${attempt}`);
    await until('a usable page', () => page.evaluate<boolean>('globalThis.usableAt > 0'), 60_000);
    times.push(await page.evaluate<number>('usableAt'));
  }
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  const reached = percentile(times, 0.5);
  return {
    what: `page, interactive in a conversation of ${MESSAGES} messages, processor slowed ${SLOWED}×`,
    gateway: times.map((time) => ms(time)).join(', '),
    reached: `${ms(reached)} (median)`,
    aim: ms(AIM_MS),
    ok: reached <= AIM_MS,
  };
}

/** From the moment the agent sends a token to the end of the frame that paints it; and tasks that hold the page up meanwhile. */
async function measurePainted(page: Page, { port, token }: GatewayProcess): Promise<Row[]> {
  const bare = await startBarePage();
  const beside = await page.context().newPage();
  await beside.goto(bare.address);
  await watchPaints(beside);
  await beside.evaluate('begin()');
  const direct = await beside.evaluate<number[]>('lags');
  await beside.close();
  bare.close();

  await page.bringToFront();
  await watchPaints(page);
  const body = { session: 'web:main', prompt: `stamp tokens=${STAMPS} interval=10ms paragraph=40` };
  const { turn } = JSON.parse(await ask(port, token, 'POST', '/api/turns', body)) as { turn: string };
  await ended(port, token, turn);
  await sleep(500);
  const lags = await page.evaluate<number[]>('lags.splice(0)');
  const tasks = await page.evaluate<number[]>('tasks');
  const [p50, p99] = [percentile(lags, 0.5), percentile(lags, 0.99)];
  const [bareP50, bareP99] = [percentile(direct, 0.5), percentile(direct, 0.99)];
  const longest = Math.max(0, ...tasks);
  return [
    {
      what: `page, a token painted, 100 tokens/s (p50 / p99 of ${lags.length}; direct: a page of a few lines)`,
      direct: `${ms(bareP50)} / ${ms(bareP99)}`,
      gateway: `${ms(p50)} / ${ms(p99)}`,
      reached: `${(p99 / FRAME_MS).toFixed(1)} frames, ${((p99 - bareP99) / FRAME_MS).toFixed(1)} more than the bare page`,
      aim: '2 frames',
      ok: p99 <= 2 * FRAME_MS,
    },
    {
      what: 'page, longest task in an answer of 100 KB',
      gateway: `${tasks.length} over ${LONGEST_TASK_MS} ms`,
      reached: longest === 0 ? `under ${LONGEST_TASK_MS} ms` : ms(longest),
      aim: ms(LONGEST_TASK_MS),
      ok: longest <= LONGEST_TASK_MS,
    },
  ];
}

async function watchPaints(page: Page): Promise<void> {
  await page.evaluate(`{
    globalThis.lags = [];
    globalThis.tasks = [];
    let fresh = [];
    const seen = new WeakSet();
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(duration);
    }).observe({ type: 'longtask' });
    new MutationObserver((records) => {
      const waits = fresh.length > 0;
      for (const { addedNodes } of records)
        for (const added of addedNodes) {
          // A node that comes with its text and has more put in is told of twice.
          const texts = document.createTreeWalker(added, NodeFilter.SHOW_TEXT);
          for (let node = texts.currentNode; node; node = texts.nextNode()) {
            if (node.nodeType !== Node.TEXT_NODE || seen.has(node)) continue;
            seen.add(node);
            for (const [stamp] of node.data.matchAll(/\\d{13}\\.\\d{3}/g)) fresh.push(Number(stamp));
          }
        }
      if (!waits && fresh.length > 0)
        requestAnimationFrame(() => {
          const painted = new MessageChannel();
          painted.port1.onmessage = () => {
            const now = performance.timeOrigin + performance.now();
            for (const stamp of fresh) lags.push(now - stamp);
            fresh = [];
          };
          painted.port2.postMessage(null);
        });
    }).observe(document.querySelector('.chat'), { childList: true, subtree: true });
  }`);
}

/** What ten tabs add to a gateway that streams ten answers. */
async function measureTabs(gateway: GatewayProcess): Promise<Row> {
  const { port, token } = gateway;
  const stream = async (): Promise<number> => {
    let most = 0;
    const sampler = setInterval(() => {
      most = Math.max(most, gateway.memory().rssMb);
    }, 100);
    const turns = await Promise.all(
      Array.from({ length: TAB_STREAMS }, async (_, index) => {
        const body = { session: `api:tab-${index}`, prompt: 'tokens=500 interval=20ms' };
        return (JSON.parse(await ask(port, token, 'POST', '/api/turns', body)) as { turn: string }).turn;
      }),
    );
    await Promise.all(turns.map((turn) => ended(port, token, turn)));
    clearInterval(sampler);
    return most;
  };
  await stream();
  const without = await stream();
  const tabs = Array.from({ length: TABS }, () => openTab(port, token));
  const withTabs = await stream();
  for (const tab of tabs) tab.destroy();
  const added = withTabs - without;
  return {
    what: `page, memory of the gateway with ${TABS} tabs on ${TAB_STREAMS} answers`,
    direct: `${without.toFixed(1)} MB`,
    gateway: `${withTabs.toFixed(1)} MB`,
    reached: `${added < 0 ? '−' : '+'}${Math.abs(added).toFixed(1)} MB`,
    aim: `+${AIM_MB} MB`,
    ok: added <= AIM_MB,
  };
}

function openTab(port: number, token: string): { destroy(): void } {
  const headers = { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip' };
  const call = request({ host: '127.0.0.1', port, path: '/api/stream', headers, agent: false }, (response) =>
    response.resume(),
  );
  call.on('error', () => undefined); // it was left
  call.end();
  return call;
}

async function ended(port: number, token: string, turn: string): Promise<void> {
  await until(
    'the end of the answer',
    async () =>
      (JSON.parse(await ask(port, token, 'GET', `/api/turns/${turn}`)) as { state: string }).state === 'done',
    180_000,
  );
}

async function ask(
  port: number,
  token: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text;
}
