/** What a shell inside Moby's container gets to: nothing but the doors of the stack, and that at once; and nothing of what keeps him. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { requireDocker } from '@mobyclaw/testkit/require-docker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { docker } from './docker.ts';
import { bridgeAddress, SERVICES, type Service, useStack } from './stack.ts';

/** Without a way out. */
const CLOSED: readonly Service[] = ['moby', 'memory', 'workspace'];
const NO_WAY = /^(ENETUNREACH|EHOSTUNREACH|ECONNREFUSED|EADDRNOTAVAIL|ENOTFOUND|EPERM|EACCES)$/;
const AT_ONCE_MS = 200;

/** Of blocks that are for documentation and belong to nobody, and of this machine's own kind. */
const ADDRESSES = [
  '192.0.2.1',
  '198.51.100.7',
  '2001:db8::1',
  'fe80::1%eth0',
  '169.254.169.254',
  '255.255.255.255',
];
const NAMES = [
  'secret-0123.example.org',
  'host.docker.internal',
  'gateway.docker.internal',
  'metadata.google.internal',
];

describe.skipIf(!requireDocker())('the walls', () => {
  const stack = useStack({
    soul: (text) =>
      text.replace('provider: anthropic', 'provider: offline').replace('claude-sonnet-4-5', 'offline'),
  });
  let outside: Server;
  let outsideAt: { host: string; port: number };
  beforeAll(async () => {
    const host = await bridgeAddress();
    outside = createServer((_request, response) => response.end('outside')).listen(0, host);
    await once(outside, 'listening');
    outsideAt = { host, port: (outside.address() as AddressInfo).port };
  });
  afterAll(() => void outside.close());

  const connect = (service: Service, host: string, port: number): Promise<string> =>
    stack().node(
      service,
      `import { connect } from 'node:net';
       const socket = connect({ host: ${JSON.stringify(host)}, port: ${port}, timeout: 8000 });
       const end = (how) => { console.log(how); process.exit(); };
       socket.on('connect', () => end('connected')).on('timeout', () => end('timeout')).on('error', ({ code }) => end(code));`,
    );

  test.each(CLOSED)(
    '%s: no address is reached',
    async (service) => {
      const tries = [
        ...ADDRESSES.map((host) => [host, 80] as const),
        [outsideAt.host, outsideAt.port] as const,
      ];
      for (const [host, port] of tries) expect(await connect(service, host, port), host).toMatch(NO_WAY);
    },
    120_000,
  );

  test.each(CLOSED)(
    "%s: no name outside is known, which is said at once; the stack's own are",
    async (service) => {
      const script = `import { Resolver, lookup } from 'node:dns/promises';
      const timed = async (ask) => {
        const from = performance.now();
        const how = await ask().then(() => 'found', ({ code }) => code);
        return [how, Math.round(performance.now() - from)];
      };
      const resolver = new Resolver({ timeout: 8000, tries: 1 });
      const names = ${JSON.stringify(NAMES)};
      await timed(() => lookup('first.example'));
      const told = [];
      for (const name of names) {
        told.push(await timed(() => lookup(name)));
        for (const type of ['A', 'AAAA', 'TXT']) told.push(await timed(() => resolver.resolve(name, type)));
      }
      console.log(JSON.stringify({ told, own: await lookup(${JSON.stringify(service)}) }));`;
      const { told, own } = JSON.parse(await stack().node(service, script)) as {
        told: [string, number][];
        own: { address: string };
      };
      expect(told.map(([how]) => how)).toEqual(told.map(() => 'ENOTFOUND'));
      const took = told.map(([, ms]) => ms).toSorted((a, b) => a - b);
      expect(took[Math.floor(took.length / 2)]).toBeLessThan(AT_ONCE_MS);
      expect(own.address).toMatch(/^\d/);
    },
    60_000,
  );

  test('moby reaches gateway, memory, workspace and egress, by their names', async () => {
    const doors = [
      ['gateway', 3000],
      ['memory', 9100],
      ['workspace', 9200],
      ['egress', 8118],
      ['egress', 8119],
    ] as const;
    for (const [host, port] of doors) expect(await connect('moby', host, port), host).toBe('connected');
    expect(await connect('moby', 'egress', 8117)).not.toBe('connected'); // what steers it is the gateway's alone
    expect(await connect('moby', 'egress-control', 8117)).toMatch(NO_WAY);
  }, 60_000);

  test('no network of his leaves the stack, and nothing of this machine is named to him', async () => {
    const { NetworkSettings, HostConfig } = await stack().inspect('moby');
    for (const name of Object.keys(NetworkSettings.Networks))
      expect(await docker(['network', 'inspect', name, '--format', '{{.Internal}}']), name).toBe('true\n');
    expect(HostConfig.ExtraHosts ?? []).toEqual([]);
    expect(HostConfig.CapDrop).toEqual(['ALL']);
    expect(HostConfig.CapAdd).toBeNull();
    const shell = (script: string) => stack().exec('moby', ['sh', '-c', script]);
    expect(
      await shell(
        'ls /var/run/docker.sock /run/docker.sock 2>/dev/null; cat /proc/self/mountinfo | grep -c docker.sock; true',
      ),
    ).toBe('0\n');
  });

  test('of what keeps him his shell reads nothing: environment, memory, files; not as a debugger either', async () => {
    const script = `
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    ctypes.set_errno(0)
    return 'done' if libc.syscall(number, *args) >= 0 else os.strerror(ctypes.get_errno())
NUMBERS = {'x86_64': dict(ptrace=101, readv=310, keyctl=250, bpf=321, uffd=323, mount=165, unshare=272, uring=425),
           'aarch64': dict(ptrace=117, readv=270, keyctl=219, bpf=280, uffd=282, mount=40, unshare=97, uring=425)}[os.uname().machine]
closed = 0
for pid in filter(str.isdigit, os.listdir('/proc')):
    try: name = open(f'/proc/{pid}/cmdline').read()
    except OSError: continue
    if not name.startswith('/usr/local/libexec/moby/node'): continue
    closed += 1
    for file in ('environ', 'mem', 'maps', 'auxv'):
        try:
            with open(f'/proc/{pid}/{file}', 'rb') as opened: opened.read(1)
            print('read', pid, file)
        except PermissionError: pass
    for folder in ('fd', 'map_files'):
        try: os.listdir(f'/proc/{pid}/{folder}'); print('listed', pid, folder)
        except PermissionError: pass
    for name in ('cwd', 'root', 'exe'):
        try: os.readlink(f'/proc/{pid}/{name}'); print('followed', pid, name)
        except PermissionError: pass
    if call(NUMBERS['ptrace'], 16, int(pid), 0, 0) == 'done': print('attached', pid)
    if call(NUMBERS['readv'], int(pid), 0, 0, 0, 0, 0) == 'done': print('vm', pid)
print('closed', closed)
for name, args in (('ptrace', (0, 0, 0, 0)), ('keyctl', (0, -4, 1)), ('bpf', (0, 0, 0)), ('uffd', (1,)), ('mount', (0, 0, 0, 0, 0)), ('unshare', (0x10000000,)), ('uring', (8, 0))):
    print(name, call(NUMBERS[name], *args))
import socket
for family in (17, 38, 40):
    try: socket.socket(family, socket.SOCK_RAW if family == 17 else socket.SOCK_STREAM); print('socket', family)
    except OSError: pass
try: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); print('raw')
except OSError: pass
`;
    const told = (await stack().exec('moby', ['python3', '-c', script])).trim().split('\n');
    const refused = 'Operation not permitted';
    expect(told).toEqual([
      'closed 2', // the supervisor and the embedded agent
      ...['ptrace', 'keyctl', 'bpf', 'uffd', 'mount', 'unshare', 'uring'].map((name) => `${name} ${refused}`),
    ]);
  });

  test('no signal opens an inspector, in any part', async () => {
    for (const service of SERVICES) {
      const listening = `import { readFileSync, readdirSync } from 'node:fs';
        for (const name of readdirSync('/proc').filter((name) => /^\\d+$/.test(name)))
          if (/node/.test(readFileSync('/proc/' + name + '/cmdline', 'utf8')) && Number(name) !== process.pid)
            console.log(readFileSync('/proc/' + name + '/cmdline', 'utf8').split('\\0').includes('--disable-sigusr1'));`;
      const flags = (await stack().node(service, listening)).split('\n').filter(Boolean);
      expect(new Set(flags), service).toEqual(new Set(['true']));
    }
  });

  test("AppArmor's profile for containers is in force where the engine has AppArmor", async () => {
    const security = await docker(['info', '--format', '{{json .SecurityOptions}}']);
    const { AppArmorProfile, HostConfig } = await stack().inspect('moby');
    if (security.includes('name=apparmor')) expect(AppArmorProfile).toBe('docker-default');
    expect(HostConfig.SecurityOpt).toContainEqual(expect.stringMatching(/^seccomp[=:]\{/));
  });
});
