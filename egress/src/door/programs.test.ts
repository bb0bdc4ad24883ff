/**
 * Programs as Moby runs them, for real, against sites on this machine through the door as a process. Each test uses its
 * program's own knowledge of proxies and certificates, by the variables that Moby is given.
 */
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { shareCredentials } from '@mobyclaw/lib/credentials/bound-secrets';
import { readCredentials } from '@mobyclaw/lib/credentials/read-credentials';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { expect, test } from 'vitest';
import { tunnel } from '../testing/raw-client.ts';
import { type TestDoor, type World, world } from '../testing/start-door.ts';

const run = promisify(execFile);
const SLOW_MS = 120_000; // real programs, on a machine that may be busy with other tests
const REAL = 'ghp_abcdefghijKLMNOPQRST0123456789abcdef';

type Handler = RequestListener;

/** A site of https, allowed, by the door as a process; with a secret of its own where one is wanted. */
async function place(handler: Handler, options: { isBound?: boolean } = {}) {
  const at = await world();
  const { port, server } = await at.https('site.test', handler);
  const text = `TOKEN=${REAL} # hosts: site.test:${port}`;
  const { environment, bound } = shareCredentials(readCredentials(text, 'x').all, Buffer.alloc(32, 1));
  const door = await at.doorProcess({
    names: { 'site.test': [['127.0.0.1']] },
    rules: { 'site.test': {} },
    secrets: options.isBound ? bound : [],
  });
  return { at, door, server, url: `https://site.test:${port}`, port, standIn: environment.TOKEN ?? '' };
}

const program = (
  door: TestDoor,
  at: World,
  command: string,
  args: string[],
  more: Record<string, string> = {},
) => run(command, args, { cwd: at.root, env: { ...door.environment, ...more }, timeout: SLOW_MS });

const hello: Handler = (request, response) => response.end(`hello ${request.headers['x-it'] ?? request.url}`);

test.skipIf(!requireTool('curl'))(
  'curl: TLS that passes through, TLS that is ended, and plain HTTP',
  { timeout: SLOW_MS },
  async () => {
    const { at, door, url, standIn } = await place(
      (request, response) =>
        response.end(request.headers.authorization === `Bearer ${REAL}` ? 'known' : 'unknown'),
      { isBound: true },
    );
    const bound = await program(door, at, 'curl', ['-sS', '-H', `Authorization: Bearer ${standIn}`, url]);
    expect(bound.stdout).toBe('known');
    const plain = await at.http(hello);
    const http = await program(door, at, 'curl', ['-sS', `http://site.test:${plain.port}/path`]);
    expect(http.stdout).toBe('hello /path');
    const refused = await program(door, at, 'curl', ['-sS', 'http://evil.test/']);
    expect(refused.stdout).toContain('The owner has not allowed "evil.test"');
    const tunnelled = await program(door, at, 'curl', ['-sS', 'https://evil.test/']).catch((error) => error);
    expect(tunnelled.stderr).toContain('403');
    const address = await program(door, at, 'curl', ['-sS', 'http://2130706433/']);
    expect(address.stdout).toContain('is an address');
  },
);

test.skipIf(!requireTool('curl'))(
  'curl over HTTP/2, as it chooses by ALPN',
  { timeout: SLOW_MS },
  async () => {
    const at = await world();
    const { port, server } = await at.http2('site.test');
    server.on('request', (request, response) => response.end(`version ${request.httpVersion}`));
    const door = await at.doorProcess({
      names: { 'site.test': [['127.0.0.1']] },
      rules: { 'site.test': {} },
    });
    const { stdout } = await program(door, at, 'curl', ['-sS', '--http2', `https://site.test:${port}`]);
    expect(stdout).toBe('version 2.0');
  },
);

test.skipIf(!requireTool('wget'))('wget: a long download, byte for byte', { timeout: SLOW_MS }, async () => {
  const block = randomBytes(1024 * 1024);
  const blocks = 64;
  const { at, door, url } = await place((_request, response) => {
    response.setHeader('content-length', block.length * blocks);
    let sent = 0;
    const more = (): void => {
      while (sent < blocks) {
        sent += 1;
        if (!response.write(block)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  const bundle = door.environment.SSL_CERT_FILE ?? '';
  await program(door, at, 'wget', ['-q', `--ca-certificate=${bundle}`, '-O', 'file', url]);
  const expected = createHash('sha256');
  for (let number = 0; number < blocks; number++) expected.update(block);
  expect(
    createHash('sha256')
      .update(readFileSync(join(at.root, 'file')))
      .digest('hex'),
  ).toBe(expected.digest('hex'));
  const row = await door.row({ host: 'site.test', verdict: 'allowed' });
  expect(row.bytesIn).toBeGreaterThan(block.length * blocks);
});

test.skipIf(!requireTool('git'))(
  'git clone and push over https, with a password that is bound',
  { timeout: SLOW_MS },
  async () => {
    const repositories = join((await world()).root, 'repositories');
    const git = (args: string[], cwd: string): void => {
      execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@a.test', ...args], {
        cwd,
        stdio: 'pipe',
      });
    };
    mkdirSync(join(repositories, 'seed'), { recursive: true });
    git(['init', '-q', '-b', 'main'], join(repositories, 'seed'));
    writeFileSync(join(repositories, 'seed/README'), 'hello');
    git(['add', '.'], join(repositories, 'seed'));
    git(['commit', '-qm', 'first'], join(repositories, 'seed'));
    git(['clone', '-q', '--bare', 'seed', 'it.git'], repositories);
    git(['config', 'http.receivepack', 'true'], join(repositories, 'it.git'));
    const wanted = `Basic ${Buffer.from(`me:${REAL}`).toString('base64')}`;
    const { at, door, url, standIn } = await place(
      (request, response) => {
        if (request.headers.authorization !== wanted) {
          response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
        } else gitBackend(repositories, request, response);
      },
      { isBound: true },
    );
    const remote = url.replace('https://', `https://me:${standIn}@`);
    await program(door, at, 'git', ['clone', '-q', `${remote}/it.git`, 'clone']);
    expect(readFileSync(join(at.root, 'clone/README'), 'utf8')).toBe('hello');
    writeFileSync(join(at.root, 'clone/large'), randomBytes(3 * 1024 * 1024)); // beyond what git sends in one piece
    git(['add', '.'], join(at.root, 'clone'));
    git(['commit', '-qm', 'second'], join(at.root, 'clone'));
    await program(door, at, 'git', ['-C', 'clone', 'push', '-q', 'origin', 'main']);
    const log = execFileSync('git', ['log', '--format=%s', 'main'], {
      cwd: join(repositories, 'it.git'),
      encoding: 'utf8',
    });
    expect(log).toBe('second\nfirst\n');
  },
);

function gitBackend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '', 'http://x');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method ?? '',
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      ...(request.headers['content-encoding']
        ? { HTTP_CONTENT_ENCODING: request.headers['content-encoding'] }
        : {}),
      REMOTE_USER: 'me',
    },
  });
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => {
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n');
    for (const line of all.toString('latin1', 0, end).split('\r\n')) {
      const [name = '', value = ''] = line.split(/: ?(.*)/);
      if (name.toLowerCase() === 'status') response.statusCode = Number(value.slice(0, 3));
      else response.setHeader(name, value);
    }
    response.end(all.subarray(end + 4));
  });
}

test.skipIf(!requireTool('npm'))('npm install', { timeout: SLOW_MS }, async () => {
  const source = join((await world()).root, 'package');
  mkdirSync(source);
  writeFileSync(join(source, 'package.json'), '{"name":"it","version":"1.0.0"}');
  writeFileSync(join(source, 'index.js'), 'module.exports = "it works";');
  execFileSync('tar', ['-czf', 'it.tgz', 'package'], { cwd: join(source, '..') });
  const tarball = readFileSync(join(source, '../it.tgz'));
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const { at, door, url } = await place((request, response) => {
    if (request.url === '/it.tgz') return void response.end(tarball);
    const dist = { tarball: `https://${request.headers.host}/it.tgz`, integrity };
    const versions = { '1.0.0': { name: 'it', version: '1.0.0', dist } };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name: 'it', 'dist-tags': { latest: '1.0.0' }, versions }));
  });
  mkdirSync(join(at.root, 'app'));
  writeFileSync(join(at.root, 'app/package.json'), '{"name":"app","version":"1.0.0"}');
  await program(door, at, 'npm', [
    'install',
    '--prefix',
    'app',
    '--no-audit',
    '--no-fund',
    '--registry',
    url,
    'it',
  ]);
  expect(readFileSync(join(at.root, 'app/node_modules/it/index.js'), 'utf8')).toContain('it works');
});

const hasPip = requireTool('python3') && spawnSync('python3', ['-m', 'pip', '--version']).status === 0;

test.skipIf(!hasPip)('pip install', { timeout: SLOW_MS }, async () => {
  const made = (await world()).root;
  const wheel = 'it-1.0-py3-none-any.whl';
  const lines = [
    'import zipfile, sys',
    'z = zipfile.ZipFile(sys.argv[1], "w")',
    'z.writestr("it.py", "IT = \'works\'\\n")',
    'z.writestr("it-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: it\\nVersion: 1.0\\n")',
    'z.writestr("it-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")',
    'z.writestr("it-1.0.dist-info/RECORD", "it.py,,\\nit-1.0.dist-info/METADATA,,\\nit-1.0.dist-info/WHEEL,,\\nit-1.0.dist-info/RECORD,,\\n")',
    'z.close()',
  ];
  execFileSync('python3', ['-c', lines.join('\n'), join(made, wheel)]);
  const { at, door, url } = await place((request, response) => {
    if (request.url?.endsWith('.whl')) return void response.end(readFileSync(join(made, wheel)));
    response.setHeader('content-type', 'text/html');
    response.end(`<a href="/files/${wheel}">${wheel}</a>`);
  });
  const args = [
    '-m',
    'pip',
    'install',
    '-q',
    '--disable-pip-version-check',
    '--no-cache-dir',
    '--target',
    'lib',
  ];
  await program(door, at, 'python3', [...args, '--index-url', `${url}/simple`, 'it']);
  expect(readFileSync(join(at.root, 'lib/it.py'), 'utf8')).toContain('works');
});

test.skipIf(!requireTool('python3'))(
  "Python's requests where it is there, else its urllib",
  { timeout: SLOW_MS },
  async () => {
    const { at, door, url, standIn } = await place(
      (request, response) =>
        response.end(request.headers.authorization === `Bearer ${REAL}` ? 'known' : 'unknown'),
      { isBound: true },
    );
    const lines = [
      'import sys',
      'url, token = sys.argv[1:]',
      'try:',
      '    import requests',
      '    print(requests.get(url, headers={"Authorization": "Bearer " + token}).text)',
      'except ImportError:',
      '    import urllib.request',
      '    request = urllib.request.Request(url, headers={"Authorization": "Bearer " + token})',
      '    print(urllib.request.urlopen(request).read().decode())',
    ];
    const { stdout } = await program(door, at, 'python3', ['-c', lines.join('\n'), url, standIn]);
    expect(stdout.trim()).toBe('known');
  },
);

test("Node's fetch, over TLS and without, which it tunnels too", { timeout: SLOW_MS }, async () => {
  const { at, door, url } = await place(hello, { isBound: true });
  const plain = await at.http(hello);
  const script = `for (const url of process.argv.slice(1)) {
    const answer = await fetch(url).catch((error) => ({ status: 0, text: () => String(error.cause) }));
    console.log(answer.status, await answer.text());
  }`;
  const urls = [`${url}/a`, `http://site.test:${plain.port}/b`, 'http://evil.test/c'];
  const { stdout } = await program(door, at, process.execPath, [
    '--input-type=module',
    '-e',
    script,
    ...urls,
  ]);
  const [secure, http, refused] = stdout.split('\n');
  expect(secure).toBe('200 hello /a');
  expect(http).toBe('200 hello /b');
  expect(refused).toMatch(/^0 /); // undici shows nothing of what a proxy says to CONNECT
});

test.skipIf(!requireTool('go'))('go get by a module proxy', { timeout: SLOW_MS }, async () => {
  const made = (await world()).root;
  const zip = [
    'import zipfile, sys',
    'z = zipfile.ZipFile(sys.argv[1], "w")',
    'z.writestr("site.test/it@v1.0.0/go.mod", "module site.test/it\\n\\ngo 1.20\\n")',
    'z.writestr("site.test/it@v1.0.0/it.go", "package it\\n\\nconst It = 1\\n")',
    'z.close()',
  ];
  execFileSync('python3', ['-c', zip.join('\n'), join(made, 'it.zip')]);
  const { at, door, url } = await place((request, response) => {
    const name = request.url ?? '';
    if (name.endsWith('/list')) response.end('v1.0.0\n');
    else if (name.endsWith('.info') || name.endsWith('/@latest')) response.end('{"Version":"v1.0.0"}');
    else if (name.endsWith('.mod')) response.end('module site.test/it\n\ngo 1.20\n');
    else if (name.endsWith('.zip')) response.end(readFileSync(join(made, 'it.zip')));
    else response.writeHead(404).end();
  });
  mkdirSync(join(at.root, 'app'));
  writeFileSync(join(at.root, 'app/go.mod'), 'module app\n\ngo 1.20\n');
  const go = {
    GOPROXY: url,
    GONOSUMDB: '*',
    GONOSUMCHECK: '1',
    GOFLAGS: '-mod=mod -modcacherw',
    GOSUMDB: 'off',
    GOTOOLCHAIN: 'local',
    GOPATH: join(at.root, 'go'),
    GOCACHE: join(at.root, 'cache'),
  };
  await run('go', ['get', 'site.test/it'], {
    cwd: join(at.root, 'app'),
    env: { ...door.environment, ...go },
    timeout: SLOW_MS,
  });
  expect(readdirSync(join(at.root, 'go/pkg/mod/site.test'))).toEqual(['it@v1.0.0']);
});

test.skipIf(!requireTool('apt-get'))(
  'apt-get update, from a site without TLS',
  { timeout: SLOW_MS },
  async () => {
    const at = await world();
    const packages =
      'Package: it\nVersion: 1.0\nArchitecture: all\nMaintainer: a <a@a.test>\nFilename: it.deb\nSize: 1\nSHA256: 00\n\n';
    const { port } = await at.http((request, response) => {
      if (request.url?.endsWith('/Packages')) response.end(packages);
      else response.writeHead(404).end();
    });
    const door = await at.doorProcess({
      names: { 'site.test': [['127.0.0.1']] },
      rules: { 'site.test': {} },
    });
    for (const folder of ['lists/partial', 'archives/partial', 'parts'])
      mkdirSync(join(at.root, folder), { recursive: true });
    writeFileSync(join(at.root, 'sources.list'), `deb [trusted=yes] http://site.test:${port}/ ./\n`);
    writeFileSync(join(at.root, 'status'), '');
    const set = {
      'Dir::State::lists': 'lists',
      'Dir::State::status': 'status',
      'Dir::Cache': '',
      'Dir::Cache::archives': 'archives',
      'Dir::Etc::sourcelist': 'sources.list',
      'Dir::Etc::sourceparts': 'parts',
    };
    const options = Object.entries(set).flatMap(([name, path]) => ['-o', `${name}=${join(at.root, path)}`]);
    const rights = [
      '-o',
      'APT::Sandbox::User=',
      '-o',
      'Debug::NoLocking=1',
      '-o',
      'Acquire::AllowInsecureRepositories=true',
    ];
    const said = await program(door, at, 'apt-get', [...options, ...rights, '-q', 'update']);
    // Kept compressed on some machines, so by its name alone.
    expect(readdirSync(join(at.root, 'lists')), said.stdout + said.stderr).toContainEqual(
      expect.stringContaining('Packages'),
    );
    expect(await door.row({ host: 'site.test', verdict: 'allowed' })).toMatchObject({ port });
  },
);

test('256 tunnels at the same time, each its own bytes', { timeout: SLOW_MS }, async () => {
  const at = await world();
  const { port } = await at.http((request, response) => void request.pipe(response));
  const door = await at.doorProcess({ names: { 'site.test': [['127.0.0.1']] }, rules: { 'site.test': {} } });
  const sockets = await Promise.all(
    Array.from({ length: 256 }, () => tunnel(door.port, `site.test:${port}`)),
  );
  const answers = await Promise.all(
    sockets.map(async (socket, number) => {
      const body = `number ${number}`.padEnd(5_000, '.');
      socket.write(
        `POST / HTTP/1.1\r\nHost: site.test:${port}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      return text.includes(`number ${number}.`);
    }),
  );
  expect(answers.every(Boolean)).toBe(true);
});

test.skipIf(!requireTool('curl'))(
  'a door that is killed lets nothing through',
  { timeout: SLOW_MS },
  async () => {
    let asked = 0;
    const { at, door, url } = await place((_request, response) => {
      asked += 1;
      response.write('begun');
    });
    const cut = program(door, at, 'curl', ['-sS', url]).catch((error) => error);
    await new Promise<void>((resolve) => {
      const look = (): void => void (asked > 0 ? resolve() : setTimeout(look, 5));
      look();
    });
    await door.kill();
    expect((await cut).code).toBeGreaterThan(0);
    const after = await program(door, at, 'curl', ['-sS', url]).catch((error) => error);
    expect(after.code).toBe(7); // it cannot connect, and does not try another way
    expect(asked).toBe(1);
    const refused = await new Promise<string | undefined>((resolve) => {
      connect(door.port, '127.0.0.1').once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    expect(refused).toBe('ECONNREFUSED');
  },
);
