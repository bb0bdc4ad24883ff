/** What each container must not be able to do, tried from inside it on a real engine. */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { requireDocker } from '@mobyclaw/testkit/require-docker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bridgeAddress, SECRETS, SERVICES, type Service, useStack } from './stack.ts';

const ASK = fileURLToPath(new URL('ask.mjs', import.meta.url));

/** What this machine is answered at `url`, status and body, or the code of the error. */
async function ask(url: string, host = ''): Promise<string> {
  return (await promisify(execFile)(process.execPath, [ASK, url, host])).stdout.trim();
}

const NO_WAY = /^(timeout|ENETUNREACH|EHOSTUNREACH|ECONNREFUSED|ENOTFOUND|EAI_AGAIN)$/;

/** Folders of the owner with names that a shell, YAML or Docker's short form would take apart. */
const folders = mkdtempSync(join(tmpdir(), 'mobyclaw-folders-'));
const odd = join(folders, `it's: #1 "odd" *ünï:ro`);
const readOnly = join(folders, 'read only');
const hidden = join(folders, 'hidden');
for (const folder of [odd, readOnly, hidden]) {
  mkdirSync(folder);
  chmodSync(folder, 0o777); // the containers run as another user where the tests run as root
  writeFileSync(join(folder, 'file.txt'), 'content\n');
}
afterAll(() => rmSync(folders, { recursive: true, force: true }));

describe.skipIf(!requireDocker())('the stack', () => {
  const stack = useStack({
    env: {
      OPENAI_API_KEY: SECRETS.llm,
      TELEGRAM_API_ROOT: 'http://127.0.0.1:9',
      TELEGRAM_BOT_TOKEN: SECRETS.telegram,
    },
    credentials: `GITHUB_TOKEN=${SECRETS.credential}\n`,
    workspaces: `odd=${odd}:rw\nread=${readOnly}:ro\nhidden=${hidden}:none\n`,
    soul: (text) =>
      text.replace('provider: anthropic', 'provider: offline').replace('claude-sonnet-4-5', 'offline'),
  });

  /** A server of this machine, beside the stack's networks, that stands for whatever is outside. */
  let outside: Server;
  let outsideUrl: string;
  beforeAll(async () => {
    outside = createServer((_request, response) => response.end('outside'));
    const host = await bridgeAddress();
    await new Promise<void>((resolve) => outside.listen(0, host, resolve));
    outsideUrl = `http://${host}:${(outside.address() as AddressInfo).port}/`;
  });
  afterAll(() => {
    outside.close();
  });

  /** The same from a container, by the door where its environment names one. */
  const reach = async (service: Service, url: string, host = '', via: string[] = []): Promise<string> => {
    const command = [...via, 'node', '--input-type=module', '-e', readFileSync(ASK, 'utf8'), url, host];
    return (await stack().exec(service, command)).trim();
  };

  /** As a program does that heeds no proxy. */
  const reachDirectly = (service: Service, url: string): Promise<string> =>
    reach(service, url, '', ['env', '-u', 'NODE_USE_ENV_PROXY']);

  test('answers a prompt through the published port', async () => {
    expect(await stack().prompt('Hello, who are you?')).toContain('offline');
    expect(await stack().status()).toMatchObject({ state: 'ready', agent: { engine: 'embedded' } });
  });

  describe.each(SERVICES)('%s', (service) => {
    test('cannot write its root', async () => {
      for (const path of ['/planted', '/app/dist/planted.js', '/usr/local/bin/planted', '/etc/passwd']) {
        const attempt = `import { appendFileSync } from 'node:fs';
          try { appendFileSync('${path}', 'x'); console.log('written'); } catch (error) { console.log(error.code); }`;
        expect(await stack().node(service, attempt), path).toMatch(/^(EROFS|EACCES)$/);
      }
      expect((await stack().inspect(service)).HostConfig.ReadonlyRootfs).toBe(true);
    });

    test('is nobody special, and cannot become it', async () => {
      const status = await stack().node(
        service,
        `import { readFileSync } from 'node:fs'; console.log(readFileSync('/proc/self/status', 'utf8'));`,
      );
      const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1];
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
        expect(field(set)).toMatch(/^0+$/);
      expect(field('NoNewPrivs')).toBe('1');
      expect(field('Uid')).not.toMatch(/\b0\b/);
      const become = `try { process.setuid(0); console.log('root'); } catch (error) { console.log(error.code); }`;
      expect(await stack().node(service, become)).toBe('EPERM');
      for (const command of [
        ['unshare', '--user', '--map-root-user', 'true'],
        ['mount', '-t', 'tmpfs', 'none', '/tmp'],
        ['chroot', '/', 'true'],
      ])
        await expect(stack().exec(service, command), command[0]).rejects.toThrow(
          /not permitted|denied|must be/i,
        );
    });

    test('has no socket of Docker, and limits', async () => {
      const found = `import { existsSync } from 'node:fs';
        console.log(['/var/run/docker.sock', '/run/docker.sock'].filter(existsSync).join() || 'none');`;
      expect(await stack().node(service, found)).toBe('none');
      const { HostConfig, Mounts } = await stack().inspect(service);
      expect(JSON.stringify(Mounts)).not.toContain('.sock');
      expect(HostConfig).toMatchObject({ Privileged: false, PidMode: '', CapDrop: ['ALL'], CapAdd: null });
      for (const limit of ['Memory', 'NanoCpus', 'PidsLimit']) expect(HostConfig[limit]).toBeGreaterThan(0);
    });
  });

  test('the gateway reaches the outside; moby, memory and workspace do not, and the door lets none of it through', async () => {
    expect(await reach('gateway', outsideUrl)).toBe('200 outside');
    const { port } = outside.address() as AddressInfo;
    const gatewayOutside = await stack().addressOn('gateway', 'outside');
    const tries = (['moby', 'memory', 'workspace'] as const).map(async (service) => {
      const network = service === 'moby' ? 'egress' : service;
      const ownBridge = (await stack().addressOn(service, network)).replace(/\.\d+$/, '.1'); // this machine, elsewhere
      const urls = [
        outsideUrl,
        `http://${ownBridge}:${port}/`,
        `http://${gatewayOutside}:3000/healthz`,
        'http://192.0.2.1/',
        'http://host.docker.internal/',
        'http://example.com/',
      ];
      const answers = await Promise.all(urls.map((url) => reachDirectly(service, url)));
      for (const [index, url] of urls.entries())
        expect(answers[index], `${service} to ${url}`).toMatch(NO_WAY);
      if (service !== 'moby') return;
      const byTheDoor = await Promise.all(urls.map((url) => reach(service, url)));
      for (const [index, url] of urls.entries())
        expect(byTheDoor[index], `by the door to ${url}`).toMatch(/^403 /);
    });
    await Promise.all(tries);
  }, 90_000);

  test('workspace is reached by moby alone, memory by moby and the gateway', async () => {
    const ok = '200 {"status":"ok"}';
    expect(await reach('moby', 'http://workspace:9200/healthz')).toBe(ok);
    expect(await reach('moby', 'http://memory:9100/healthz')).toBe(ok);
    expect(await reach('gateway', 'http://memory:9100/healthz')).toBe(ok);
    const workspace = `http://${await stack().addressOn('workspace', 'workspace')}:9200/healthz`;
    const memory = `http://${await stack().addressOn('memory', 'memory')}:9100/healthz`;
    // Some networks answer for every address, so from the gateway, which has a way out, it is the answer that counts.
    await Promise.all([
      expect(reach('gateway', 'http://workspace:9200/healthz')).resolves.not.toBe(ok),
      expect(reach('gateway', workspace, 'workspace')).resolves.not.toBe(ok),
      expect(reach('memory', 'http://workspace:9200/healthz')).resolves.toMatch(NO_WAY),
      expect(reach('memory', workspace, 'workspace')).resolves.toMatch(NO_WAY),
      expect(reach('workspace', 'http://memory:9100/healthz')).resolves.toMatch(NO_WAY),
      expect(reach('workspace', memory, 'memory')).resolves.toMatch(NO_WAY),
    ]);
  }, 90_000);

  test('the agent is reached by the gateway alone: not by the servers, not from this machine', async () => {
    const agent = await reach('gateway', 'http://moby-agent:8080/api/ping');
    expect(agent).toContain('missing Authorization');
    const control = await reach('gateway', 'http://moby-agent:8081/healthz');
    expect(control).toBe('200 {"ok":true}');
    const networks = ['agent', 'memory', 'workspace', 'egress'];
    const addresses = await Promise.all(networks.map((network) => stack().addressOn('moby', network)));
    const tries = [...addresses, '127.0.0.1'].map(async (address) => {
      const [ping, health] = [`http://${address}:8080/api/ping`, `http://${address}:8081/healthz`];
      expect(await ask(ping), ping).not.toBe(agent);
      expect(await ask(health, 'moby-agent'), health).not.toBe(control);
      for (const service of ['memory', 'workspace'] as const) {
        expect(await reach(service, ping), `${service} to ${ping}`).toMatch(NO_WAY);
        expect(await reach(service, health, 'moby-agent'), `${service} to ${health}`).toMatch(NO_WAY);
      }
    });
    await Promise.all(tries);
    for (const service of ['moby', 'memory', 'workspace'] as const)
      expect(Object.values((await stack().inspect(service)).NetworkSettings.Ports).flat()).toEqual([]);
  }, 90_000);

  test('the gateway is published on loopback alone', async () => {
    const { NetworkSettings } = await stack().inspect('gateway');
    expect(NetworkSettings.Ports).toEqual({
      '3000/tcp': [{ HostIp: '127.0.0.1', HostPort: String(stack().port) }],
    });
    expect(await ask(`http://127.0.0.1:${stack().port}/healthz`)).toBe('200 {"status":"ok"}');
    expect(await ask(`http://${await bridgeAddress()}:${stack().port}/healthz`, 'localhost')).toMatch(NO_WAY);
  });

  test("moby sees neither the gateway's folder nor credentials.env, and cannot change his soul", async () => {
    for (const name of ['gateway/gateway.db', 'gateway/cli-token', 'credentials.env'])
      expect(existsSync(join(stack().home, name))).toBe(true);
    const found = await stack().exec('moby', [
      'sh',
      '-c',
      `find / -path /proc -prune -o \\( -name 'gateway.db*' -o -name cli-token -o -name credentials.env -o -name .env \\) -print 2>/dev/null || true`,
    ]);
    expect(found).toBe('');
    const soul = `import { appendFileSync } from 'node:fs';
      try { appendFileSync('/agent/soul.yaml', '# x'); console.log('written'); } catch (error) { console.log(error.code); }`;
    expect(await stack().node('moby', soul)).toBe('EROFS');
  });

  test('workspaces: in the shell as configured, in the server as configured, whatever the path is called', async () => {
    const shell = (script: string) => stack().exec('moby', ['sh', '-c', script]);
    expect(await shell('ls /workspace; cat /workspace/odd/file.txt')).toBe('odd\nread\ncontent\n');
    await shell('echo from the shell > /workspace/odd/written.txt');
    expect(readFileSync(join(odd, 'written.txt'), 'utf8')).toBe('from the shell\n');
    await expect(shell('touch /workspace/read/x')).rejects.toThrow(/Read-only file system/);
    const call = async (name: string, args: object) => {
      const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } };
      const answer = await stack().node(
        'moby',
        `import { readFileSync } from 'node:fs';
         const { MOBYCLAW_WORKSPACE_URL: url } = process.env;
         const token = readFileSync('/run/secrets/MOBYCLAW_MCP_TOKEN', 'utf8').trim();
         const headers = { authorization: 'Bearer ' + token, 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
         const response = await fetch(url + '/mcp', { method: 'POST', headers, body: ${JSON.stringify(JSON.stringify(body))} });
         console.log(await response.text());`,
      );
      return JSON.stringify(JSON.parse(answer).result);
    };
    expect(await call('workspace_read', { path: 'hidden/file.txt' })).toContain('content');
    await call('workspace_write', { path: 'odd/tool.txt', content: 'from the tool\n' });
    expect(readFileSync(join(odd, 'tool.txt'), 'utf8')).toBe('from the tool\n');
    for (const name of ['read', 'hidden']) {
      expect(await call('workspace_write', { path: `${name}/x.txt`, content: 'x' })).toContain(
        '"isError":true',
      );
      expect(existsSync(join(folders, name, 'x.txt'))).toBe(false);
    }
  });

  test('logs are rotated and every container starts again by itself', async () => {
    for (const service of SERVICES) {
      const { HostConfig } = await stack().inspect(service);
      expect(HostConfig.RestartPolicy.Name).toBe('unless-stopped');
      expect(HostConfig.LogConfig).toEqual({
        Type: 'json-file',
        Config: { 'max-size': '10m', 'max-file': '3' },
      });
    }
  });
});
