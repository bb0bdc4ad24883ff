/** What a program inside can reach of this machine, tried by real programs behind the real bubblewrap. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { until } from '@mobyclaw/testkit/until';
import { describe, expect, onTestFinished, test } from 'vitest';
import { birthOf, childrenOf, descendantsOf } from '../process-table.ts';
import { newPlace, runInside, startInside } from '../testing/in-sandbox.ts';

const NODE = process.execPath;

async function listening(at: number | string, answer = 'reached\n'): Promise<Server> {
  const server = createServer((socket) => void socket.on('error', () => undefined).end(answer));
  await new Promise<void>((resolve) =>
    typeof at === 'number' ? server.listen(at, '127.0.0.1', resolve) : server.listen(at, resolve),
  );
  onTestFinished(() => void server.close());
  return server;
}

const portOf = (server: Server): number => (server.address() as { port: number }).port;

/** Tries one connection. @returns a command that prints what came of it */
const tryConnect = (target: string): string =>
  `${NODE} -e 'const s = require("node:net").connect(${target}); s.setTimeout(3000, () => { console.log("SILENT"); process.exit() }); s.on("connect", () => { console.log("CONNECTED"); process.exit() }); s.on("error", (e) => console.log(e.code))'`;

describe.skipIf(!requireTool('bwrap'))('in the sandbox', () => {
  describe('the network', () => {
    test('has no way out: no address of the world, of the LAN, of this machine or of its own kernel is reached', async () => {
      const server = await listening(0);
      const targets = [
        ['1.1.1.1', 443],
        ['192.168.1.1', 80],
        ['169.254.169.254', 80],
        ['172.17.0.1', 80],
        ['10.0.0.1', 53],
        ['2606:4700::1111', 443],
        ['fe80::1%lo', 80],
        ['127.0.0.1', portOf(server)],
        ['127.0.0.1', 22],
        ['::1', portOf(server)],
        ['0.0.0.0', portOf(server)],
        ['::ffff:127.0.0.1', portOf(server)],
      ].map(([host, port]) => tryConnect(JSON.stringify({ host, port })));
      const codes = (await runInside(targets.join('\n'))).split('\n');
      expect(codes).toHaveLength(targets.length);
      for (const code of codes)
        expect(code).toMatch(/^(ENETUNREACH|ECONNREFUSED|EHOSTUNREACH|EADDRNOTAVAIL)$/);
      // The same program outside reaches what there is, so that the codes above mean the walls.
      expect(await outside(tryConnect(JSON.stringify({ host: '127.0.0.1', port: portOf(server) })))).toBe(
        'CONNECTED',
      );
    });

    test('sends no datagram, opens no raw socket and none of a kind that knows no namespaces', async () => {
      const script = `
        perl -MSocket -e 'socket(my $s, PF_INET, SOCK_DGRAM, 0) or die; print defined send($s, "x", 0, pack_sockaddr_in(53, inet_aton("8.8.8.8"))) ? "SENT" : "$!", "\\n"'
        perl -MSocket -e 'print socket(my $s, PF_INET, SOCK_RAW, 1) ? "RAW" : "$!", "\\n"'
        perl -MSocket -e 'print socket(my $s, $_, SOCK_STREAM, 0) ? "OPEN" : "$!", "\\n" for (40, 38, 31, 17)'`;
      expect((await runInside(script)).split('\n')).toEqual([
        'Network is unreachable',
        'Operation not permitted',
        ...Array(4).fill('Operation not permitted'), // AF_VSOCK, AF_ALG, AF_BLUETOOTH, AF_PACKET
      ]);
    });

    test('names nothing, and says so at once, to the C library and to whoever asks a resolver by himself', async () => {
      const script = `${NODE} -e '
        const dns = require("node:dns");
        const began = performance.now();
        dns.lookup("example.com", (e) => { console.log(e.code);
          dns.resolve("example.com", "A", (e) => { console.log(e.code);
            dns.resolve("example.com", "TXT", (e) => { console.log(e.code);
              const server = new dns.Resolver(); server.setServers(["8.8.8.8"]);
              server.resolve("example.com", (e) => { console.log(e.code, performance.now() - began < 2000); }) }) }) })'
        getent hosts example.com || echo none; getent hosts localhost | tr -s ' '`;
      expect((await runInside(script)).split('\n')).toEqual([
        'ENOTFOUND',
        'ECONNREFUSED',
        'ECONNREFUSED',
        'ECONNREFUSED true',
        'none',
        '::1 localhost',
      ]);
    });

    test('has doors, each to one place, at loopback ports, and carries what goes through them both ways', async () => {
      const { data } = newPlace();
      const socket = join(data, 'run/memory.sock');
      const echo = createServer((connection) => void connection.pipe(connection));
      await new Promise<void>((resolve) => echo.listen(socket, resolve));
      onTestFinished(() => void echo.close());
      const tcp = await listening(0, 'by tcp\n');
      const script = `
        exec 5<>/dev/tcp/127.0.0.1/9100; head -c 3000000 /dev/zero | tr '\\0' a >&5 & head -c 3000000 <&5 | md5sum
        cat </dev/tcp/127.0.0.1/3000
        ${tryConnect('{ host: "127.0.0.1", port: 3001 }')}`;
      const doors = [
        { port: 9100, target: { path: socket } },
        { port: 3000, target: { host: '127.0.0.1', port: portOf(tcp) } },
      ];
      const [sum, said, closed] = (await runInside(script, { doors })).split('\n');
      expect(sum).toBe(await outside("head -c 3000000 /dev/zero | tr '\\0' a | md5sum"));
      expect([said, closed]).toEqual(['by tcp', 'ECONNREFUSED']);
    });

    test('tells a cut from an end: a part that is not there, or that was killed, is no answer that ended', async () => {
      const gone = await listening(0);
      const port = portOf(gone);
      await new Promise<void>((resolve) => gone.close(() => resolve()));
      const cutting = createServer((connection) =>
        connection.on('error', () => undefined).once('data', () => connection.resetAndDestroy()),
      );
      await new Promise<void>((resolve) => cutting.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void cutting.close());
      const asks = (at: number): string =>
        `${NODE} -e 'const s = require("node:net").connect(${at}, "127.0.0.1"); s.on("connect", () => s.write("x")); s.on("end", () => console.log("ENDED")); s.on("error", (e) => console.log(e.code)); s.resume()'`;
      const doors = [
        { port: 3000, target: { host: '127.0.0.1', port } },
        { port: 3001, target: { host: '127.0.0.1', port: portOf(cutting) } },
      ];
      const said = (await runInside(`${asks(3000)}\n${asks(3001)}`, { doors })).split('\n');
      for (const code of said) expect(code).toMatch(/^(ECONNRESET|EPIPE)$/);
      expect(said).toHaveLength(2);
    });

    test('shares no abstract socket with this machine', async () => {
      const name = `\0mobyclaw-test-${process.pid}`;
      await listening(name);
      const target = JSON.stringify({ path: name }).replace('\\u0000', '\\0');
      expect(await runInside(tryConnect(target))).toBe('ECONNREFUSED');
      expect(await outside(tryConnect(target))).toBe('CONNECTED');
    });
  });

  describe('files', () => {
    test('of the owner, of the data directory and of the machine are not there, but what he is given', async () => {
      const place = newPlace();
      const { owner, data } = place;
      const secrets = [
        join(owner, '.ssh/id_ed25519'),
        join(owner, 'letter.txt'),
        ...[
          '.env',
          'credentials.env',
          'soul.yaml',
          'gateway/gateway.db',
          'run/local.json',
          'egress/ca.key',
        ].map((name) => join(data, name)),
      ];
      for (const path of secrets) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, 'secret');
      }
      writeFileSync(join(data, 'agent/MEMORY.md'), 'remembered');
      const script = `
        cat ${secrets.join(' ')} /etc/shadow /etc/gshadow /etc/ssh/sshd_config /root/.bashrc 2>/dev/null
        ls /proc/1/root/home /home /root /var/run/docker.sock /run/docker.sock /sys 2>/dev/null
        find / -xdev -name id_ed25519 2>/dev/null
        cat ${data}/agent/MEMORY.md; ls ${owner} -A; ls -A ${data}`;
      expect((await runInside(script, { place })).split('\n')).toEqual([
        'remembered.mobyclaw',
        'agent',
        'sessions',
      ]);
    });

    test('are written in sessions/ and in /tmp alone, and a link there leads nowhere on this machine', async () => {
      const place = newPlace();
      const { owner, data } = place;
      writeFileSync(join(owner, 'letter.txt'), 'mine');
      symlinkSync(join(owner, 'letter.txt'), join(data, 'sessions/work/link'));
      const script = `
        for path in / /etc /etc/passwd.new /usr/bin /usr/local/bin ${data}/agent /proc/sys/kernel /dev; do
          echo x 2>/dev/null >$path/x && echo "WROTE $path"; done
        echo x >${data}/sessions/work/made; echo x >/tmp/made; echo x >~/made
        cat link 2>/dev/null || echo dead; echo x 2>/dev/null >link; echo x 2>/dev/null >${data}/soul.yaml`;
      expect((await runInside(script, { place })).split('\n')).toEqual(['WROTE /dev', 'dead']); // his own /dev, in memory
      expect(readFileSync(join(owner, 'letter.txt'), 'utf8')).toBe('mine');
      expect(existsSync(join(data, 'soul.yaml'))).toBe(false);
      expect(readFileSync(join(data, 'sessions/home/made'), 'utf8')).toBe('x\n');
    });

    test('of the kernel are not written, whoever the owner is: some name a program that it runs outside', async () => {
      const script = `
        for f in sys/kernel/core_pattern sys/kernel/modprobe sys/kernel/hostname sysrq-trigger self/oom_score_adj; do
          [ -e /proc/$f ] && { : 2>/dev/null >>/proc/$f && echo "OPENED $f"; }; done
        (echo through >/dev/stdout) | cat; true`; // opened to write is enough, and changes nothing of this machine
      expect(await runInside(script)).toBe('through');
    });

    test('of workspaces are there by their mode, and what the owner’s git runs is read-only', async () => {
      const place = newPlace();
      const folder = (name: string): string => {
        const path = join(place.owner, name);
        mkdirSync(path, { recursive: true });
        writeFileSync(join(path, 'a.txt'), name);
        return path;
      };
      const [notes, code, hidden] = [folder('notes'), folder('code'), folder('hidden')];
      folder('code/app/.git/hooks');
      folder('code/inner');
      const script = `
        echo x 2>/dev/null >${notes}/b.txt || echo 'ro'; cat ${notes}/a.txt; echo
        echo x >${code}/b.txt && echo 'rw'
        echo x 2>/dev/null >${code}/app/.git/hooks/pre-commit || echo 'sealed'
        mv ${code}/app ${code}/elsewhere 2>/dev/null || echo 'held'
        rm -rf ${code}/app/.git 2>/dev/null; ls ${code}/app/.git
        ls ${hidden} 2>/dev/null || echo 'not there'; ls -A ${code}/inner`;
      const workspaces = [
        { name: 'code', path: code, mode: 'rw' },
        { name: 'notes', path: notes, mode: 'ro' },
        { name: 'hidden', path: hidden, mode: 'none' },
        { name: 'inner', path: join(code, 'inner'), mode: 'none' },
      ] as const;
      expect((await runInside(script, { place, workspaces })).split('\n')).toEqual([
        'ro',
        'notes',
        'rw',
        'sealed',
        'held',
        'hooks',
        'not there',
      ]);
      expect(readFileSync(join(code, 'app/.git/hooks/a.txt'), 'utf8')).toBe('code/app/.git/hooks');
      expect(readFileSync(join(code, 'b.txt'), 'utf8')).toBe('x\n');
    });
  });

  describe('processes', () => {
    test('are his own alone, without any right, and no environment holds what he was not given', async () => {
      process.env.MOBYCLAW_TEST_SECRET = 'leak-of-the-supervisor';
      onTestFinished(() => void delete process.env.MOBYCLAW_TEST_SECRET);
      const script = `
        cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -c leak
        for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline | cut -d' ' -f1; done | sort -u | tr '\\n' ' '
        grep -E 'Cap(Prm|Eff|Bnd)|NoNewPrivs|Seccomp:' /proc/self/status | tr -d '\\t' | tr '\\n' ' '
        hostname`;
      const [leaks, programs, host] = (await runInside(script)).replace(' Cap', '\nCap').split('\n');
      expect(leaks).toBe('0');
      expect(
        programs?.split(' ').filter((name) => !/^(\/usr\/bin\/bwrap|\/bin\/bash|sort|tr|cut|)$/.test(name)),
      ).toEqual([]);
      expect(host).toBe(
        'CapPrm:0000000000000000 CapEff:0000000000000000 CapBnd:0000000000000000 NoNewPrivs:1 Seccomp:2 moby',
      );
    });

    test('make no namespace, trace nobody, take no key ring and put no word into a terminal', async () => {
      const numbers =
        process.arch === 'arm64'
          ? { ptrace: 117, keyctl: 219, bpf: 280 }
          : { ptrace: 101, keyctl: 250, bpf: 321 };
      const script = `
        unshare -Ur true 2>/dev/null || echo 'no user namespace'
        unshare -n true 2>/dev/null || echo 'no network namespace'
        bwrap --unshare-all --ro-bind / / true 2>/dev/null || echo 'no sandbox'
        perl -e 'print syscall($_, 0, 0, 0, 0) < 0 ? "$!" : "DONE", "\\n" for (${Object.values(numbers)})'
        perl -e '$x = "x"; open(my $t, "<", "/dev/null"); print ioctl($t, $_, $x) ? "DONE" : "$!", "\\n" for (0x5412, 0x541c, 0x5401)'`;
      expect((await runInside(script)).split('\n')).toEqual([
        'no user namespace',
        'no network namespace',
        'no sandbox',
        ...Array(3).fill('Operation not permitted'),
        'Operation not permitted',
        'Operation not permitted',
        'Inappropriate ioctl for device', // one that is not refused, so that the others are by the filter
      ]);
    });

    test('end in order when told to, and all at once when their first is killed, wherever that is done', async () => {
      const script = `trap 'echo bye; exit 7' TERM; setsid sleep 1000 & echo up; wait`;
      const told = await startInside(script);
      const all = await started(told);
      await told.child.stop();
      expect(told.output()).toBe('up\nbye\n');
      await gone(all);
      for (const victim of ['bwrap', 'its child', 'the program'] as const) {
        const inside = await startInside(script);
        const pids = await started(inside);
        const outer = inside.child.snapshot.pid as number;
        const [first] = childrenOf(outer) as [number];
        const program = childrenOf(first)[0] as number;
        process.kill({ bwrap: outer, 'its child': first, 'the program': program }[victim], 'SIGKILL');
        await inside.ended;
        await gone(pids);
      }
    });

    test('a program that cannot be started says why, as the last word of its end', async () => {
      const { ended } = await startInside('', { command: '/no/such/program' });
      const { code, stderr } = await ended;
      expect(code).not.toBe(0);
      expect(stderr.join('\n')).toContain('/no/such/program');
    });
  });
});

async function started(
  inside: Awaited<ReturnType<typeof startInside>>,
): Promise<{ pid: number; birth: string }[]> {
  await until('the program', () => inside.output().includes('up'));
  return descendantsOf(inside.child.snapshot.pid as number).flatMap((pid) => {
    const birth = birthOf(pid);
    return birth === null ? [] : [{ pid, birth }];
  });
}

async function gone(all: readonly { pid: number; birth: string }[]): Promise<void> {
  expect(all.length).toBeGreaterThanOrEqual(3);
  await until('their end', () => all.every(({ pid, birth }) => birthOf(pid) !== birth));
}

/** The same command on this side of the walls. */
async function outside(command: string): Promise<string> {
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  return (await promisify(execFile)('/bin/bash', ['-c', command])).stdout.trim();
}
