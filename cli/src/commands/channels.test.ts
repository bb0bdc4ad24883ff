import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { problem, startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

const AT = '2026-01-02T03:04:05Z';

async function channels() {
  const home = temporaryFolder();
  const api = await startApi(home);
  const at = { home, port: api.port, env: { MOBYCLAW_TZ: 'Asia/Kolkata' } };
  return { api, home, cli: (...args: string[]) => runCli(['channels', ...args], at) };
}

test('list: the state of each, why one is not up, what perhaps did not arrive; exits 1 where one is not up', async () => {
  const { api, cli } = await channels();
  const up = { channel: 'telegram', state: 'up', since: AT, fatal: false, waiting: 0, connects: 1 };
  const wrong = { ...up, channel: 'slack', state: 'stopped', reason: 'the token is wrong', fatal: true };
  const trouble = {
    delivery: 'd1',
    channel: 'telegram:dm:42',
    state: 'unknown',
    error: 'no\nanswer',
    createdAt: AT,
  };
  api.on('GET /api/channels', { body: { items: [up, { ...wrong, waiting: 3 }], trouble: [trouble] } });
  const { code, stdout } = await cli();
  expect(code).toBe(1);
  expect(stdout).toMatch(/^telegram +up +\d+ d \d+ h +none yet +0$/m);
  expect(stdout).toMatch(/^slack +stopped .* 3 +the token is wrong \(not tried again/m);
  expect(stdout).toMatch(/^2026-01-02 08:34 +telegram:dm:42 +perhaps not delivered +no answer$/m);
  expect(stdout).toContain('channels resend telegram:dm:42');
  const long = `${'the token is wrong, '.repeat(12)}take another`;
  api.on('GET /api/channels', { body: { items: [{ ...wrong, reason: long }], trouble: [] } });
  expect((await cli()).stdout).toContain(`${long} (not tried again until Moby is started anew)`);
  const refused = { ...trouble, channel: 'slack:dm:D1', state: 'failed' };
  const shared = { ...up, reason: 'Another program writes with the token.' };
  api.on('GET /api/channels', { body: { items: [shared], trouble: [refused] } });
  const warned = await cli();
  expect(warned).toMatchObject({ code: 0, stdout: expect.stringContaining('channels resend slack:dm:D1') });
  expect(warned.stdout).toMatch(/^telegram +up .* Another program writes with the token\.$/m);
  api.on('GET /api/channels', { body: { items: [up], trouble: [] } });
  expect((await cli('list', '--json')).code).toBe(0);
  api.on('GET /api/channels', { body: { items: [], trouble: [] } });
  expect((await cli()).stderr).toContain('No channel is enabled');
});

test('list: for how long, and since when nothing was heard', async () => {
  const { api, cli } = await channels();
  const before = (minutes: number) => new Date(Date.now() - minutes * 60_000 - 5_000).toISOString();
  const up = { channel: 'telegram', state: 'up', fatal: false, waiting: 0, connects: 1 };
  const items = [{ ...up, since: before(150), receivePathWorkedAt: before(3) }];
  api.on('GET /api/channels', { body: { items, trouble: [] } });
  const { stdout } = await cli();
  expect(stdout).toMatch(/^telegram +up +2 h 30 min +3 min ago +0$/m);
  expect(stdout.trimEnd().split('\n')).toHaveLength(2); // nothing about deliveries where there is no trouble
});

test('list: where results go, and why not where the owner wants them, which is not well', async () => {
  const { api, cli } = await channels();
  const body = { items: [], trouble: [], owner: { channel: 'telegram:dm:42' } };
  api.on('GET /api/channels', { body });
  expect(await cli()).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Results of schedules and heartbeats go to telegram:dm:42.'),
  });
  api.on('GET /api/channels', {
    body: { ...body, owner: { ...body.owner, problem: 'Moby may not\nwrite.' } },
  });
  const refused = await cli();
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain('MOBYCLAW_OWNER_CHANNEL is telegram:dm:42, but: Moby may not write.');
});

test('pairings: what a stranger calls himself cannot move the cursor or pass for another line', async () => {
  const { api, cli } = await channels();
  const person = {
    platform: 'telegram',
    user: '7',
    name: 'Bea\n\u001b[2J\u202eowner',
    channel: 'telegram:dm:7',
  };
  api.on('GET /api/pairings', {
    body: {
      pending: [{ ...person, code: 'AB2C3D4E', expiresAt: '2999-01-01T00:00:00Z' }],
      people: [{ ...person, user: '8', role: 'owner', lastSeenAt: AT }],
      groups: [{ channel: 'telegram:group:-100', mention: true }],
      closedGroups: [{ channel: 'telegram:group:-200', title: 'Fam\u001b[2J', askedAt: AT }],
    },
  });
  const { stdout } = await cli('pairings');
  expect(stdout).toMatch(/^AB2C3D4E +telegram:7 +Bea \[2Jowner +ends in \d+ d/m);
  expect(stdout).toMatch(/^telegram:8 +Bea \[2Jowner +owner +telegram:dm:7 +2026-01-02 08:34$/m);
  expect(stdout).toMatch(/^telegram:group:-100 +mentions and replies$/m);
  expect(stdout).toMatch(/^telegram:group:-200 +Fam\[2J +.* channels allow telegram:group:-200$/m);
});

test('approve, reject, revoke, allow, close, send and resend say what they did', async () => {
  const { api, cli } = await channels();
  const approved = { platform: 'telegram', user: '7', name: 'Bea', role: 'guest', channel: 'telegram:dm:7' };
  api
    .on('POST /api/pairings/AB2C3D4E/approve', { body: approved })
    .on('POST /api/pairings/telegram%3A7/revoke', { status: 204 })
    .on('POST /api/pairings/AB2C3D4E/reject', { status: 204 })
    .on('POST /api/channels/telegram%3Agroup%3A-100/allow', { body: {} })
    .on('POST /api/channels/telegram%3Agroup%3A-100/close', { status: 204 })
    .on('POST /api/channels/telegram%3Adm%3A7/resend', { body: { deliveries: 2 } })
    .on('POST /api/deliver', { status: 202, body: { delivery: 'd1' } });
  const body = () => api.seen.at(-1)?.body;

  expect((await cli('approve', 'AB2C3D4E')).stderr).toContain(
    'Bea (telegram:7) may talk to Moby now, as guest',
  );
  expect(body()).toEqual({});
  await cli('approve', 'AB2C3D4E', '--role', 'owner');
  expect(body()).toEqual({ role: 'owner' });
  const detail = 'Give the role owner or guest (--role owner, --role guest).';
  api.on('POST /api/pairings/XY2C3D4E/approve', problem(409, 'role-needed', detail));
  expect(await cli('approve', 'XY2C3D4E')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--role owner'),
  });
  expect((await cli('reject', 'AB2C3D4E')).stderr).toContain('for a week');
  expect((await cli('revoke', 'telegram:7')).code).toBe(0);
  api.on(
    'POST /api/pairings/telegram%3A42/revoke',
    problem(409, 'conflict', 'named in TELEGRAM_ALLOWED_USERS'),
  );
  expect(await cli('revoke', 'telegram:42')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('TELEGRAM_ALLOWED_USERS'),
  });
  expect((await cli('allow', 'telegram:group:-100')).stderr).toContain('mentioned');
  expect(body()).toEqual({ mention: true });
  expect((await cli('allow', 'telegram:group:-100', '--no-mention')).stderr).toContain('every message');
  expect(body()).toEqual({ mention: false });
  expect((await cli('close', 'telegram:group:-100')).code).toBe(0);
  expect((await cli('send', 'telegram:dm:7', 'on my', 'way')).stderr).toContain('d1');
  expect(body()).toEqual({ channel: 'telegram:dm:7', text: 'on my way' });
  expect((await cli('resend', 'telegram:dm:7')).stderr).toContain('2 messages are sent again');
});

test('what makes no sense is refused before it is sent; what the gateway refuses is told', async () => {
  const { api, cli } = await channels();
  expect((await cli('approve', 'X', '--role', 'king')).code).toBe(2);
  expect((await cli('allow', '../tokens')).code).toBe(2);
  expect((await cli('send', 'telegram', 'hello')).code).toBe(2);
  const empty = await cli('send', 'telegram:dm:7', ' ');
  expect([empty.code, empty.stderr]).toEqual([2, 'mobyclaw: there is nothing to deliver.\n']);
  expect(api.seen).toEqual([]);
  api.on('POST /api/deliver', problem(409, 'conflict', 'telegram:dm:9 is nobody whom Moby may write to.'));
  const refused = await cli('send', 'telegram:dm:9', 'hello');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('nobody whom Moby may write')]);
});

test('login: shows the code until a phone has taken it, says what is installed, and fails with the reason', async () => {
  const { api, cli, home } = await channels();
  // In containers, where what it needs is a part of the image.
  mkdirSync(join(home, 'run'));
  const stack = { port: api.port, startedAt: AT, built: 'x' };
  writeFileSync(join(home, 'run/compose.json'), JSON.stringify(stack));
  const base = { channel: 'whatsapp', since: AT, fatal: false, waiting: 0, connects: 1 };
  const login = { qr: 'https://wa.me/settings/linked_devices#a,b,c,d', expiresAt: '2999-01-01T00:00:00Z' };
  const path = '/api/channels/whatsapp/login';
  let asked = 0;
  api.on(`POST ${path}`, { status: 202, body: { ...base, state: 'connecting' } });
  api.on(`GET ${path}`, () => ({
    body: ++asked < 2 ? { ...base, state: 'connecting', login } : { ...base, state: 'up' },
  }));
  const { code, stderr } = await cli('login', 'whatsapp', '--anew');
  expect(code).toBe(0);
  expect(stderr).toContain('GPL-3.0');
  expect(stderr).toMatch(/[▀▄█]{20}/);
  expect(stderr).toContain('connected to WhatsApp');
  expect(api.seen.find(({ method }) => method === 'POST')?.body).toEqual({ anew: true });
  api.on(`GET ${path}`, {
    body: { ...base, state: 'stopped', fatal: true, reason: 'WhatsApp has locked it.' },
  });
  expect(await cli('login', 'whatsapp')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('locked it'),
  });
  expect((await cli('login', 'telegram')).stderr).toContain('needs no login');
});
