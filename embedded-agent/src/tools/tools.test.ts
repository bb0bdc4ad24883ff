import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startConnectProxy } from '@mobyclaw/testkit/connect-proxy';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fetchTools } from './fetch.ts';
import { filesystemTools } from './filesystem.ts';
import { isPublicAddress } from './public-http.ts';
import { shellTools } from './shell.ts';
import { expandShellVariables, expandTemplate } from './template.ts';
import { thinkTools } from './think.ts';
import { todoTools } from './todo.ts';
import type { AgentTool, ToolContext } from './tool.ts';

function context(workingDir = temporaryFolder(), signal = new AbortController().signal): ToolContext {
  return {
    sessionId: 's',
    workingDir,
    headers: {},
    signal,
    elicit: async () => ({ action: 'decline' }),
    notice: () => undefined,
  };
}

function tool(tools: readonly AgentTool[], name: string): AgentTool {
  const found = tools.find((candidate) => candidate.definition.name === name);
  if (!found) throw new Error(`no tool ${name}`);
  return found;
}

describe('shell', () => {
  const environment = { PATH: process.env.PATH ?? '', MY_TOKEN: 'mine' };
  const shell = tool(
    shellTools(() => environment),
    'shell',
  );

  it('runs a command in the working directory, with the environment it is given', async () => {
    const run = context();
    const result = await shell.call({ cmd: 'pwd; echo $MY_TOKEN-$OPENAI_API_KEY; echo err >&2' }, run);
    expect(result).toEqual({ output: `${run.workingDir}\nmine-\nerr` });
    expect((await shell.call({ cmd: 'echo no; exit 3' }, run)).output).toBe(
      'Error executing command: exit status 3\nOutput: no',
    );
    expect((await shell.call({ cmd: 'true' }, run)).output).toBe('no output');
  });

  it('stops an overdue command and cuts long output', async () => {
    expect((await shell.call({ cmd: 'echo begun; sleep 60', timeout: 1 }, context())).output).toBe(
      'Command timed out after 1s\nOutput: begun',
    );
    const { output = '' } = await shell.call({ cmd: 'head -c 40000 /dev/zero | tr "\\0" x' }, context());
    expect(output).toMatch(/^x{30000}\n\[10000 more characters cut\]$/);
  });

  it('throws where the run was cancelled, as a call that nobody waits for has no result', async () => {
    const stop = new AbortController();
    const running = shell.call({ cmd: 'sleep 60' }, context(temporaryFolder(), stop.signal));
    const reason = new Error('the run was cancelled');
    stop.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(shell.call({ command: 'ls' }, context(temporaryFolder(), stop.signal))).rejects.toBe(reason);
  });

  it('refuses arguments that are not its own', async () => {
    expect(await shell.call({ command: 'ls' }, context())).toMatchObject({
      isError: true,
      output: expect.stringContaining('cmd'),
    });
  });
});

describe('filesystem', () => {
  const tools = filesystemTools();
  const call = (name: string, input: unknown, run: ToolContext) => tool(tools, name).call(input, run);

  it('writes, reads, edits, lists and searches', async () => {
    const run = context();
    await call('write_file', { path: 'a/b.txt', content: 'one\ntwo\n' }, run);
    expect((await call('read_file', { path: 'a/b.txt' }, run)).output).toBe('one\ntwo\n');
    expect(
      (await call('edit_file', { path: 'a/b.txt', edits: [{ oldText: 'two', newText: '2' }] }, run)).isError,
    ).toBeUndefined();
    expect(readFileSync(join(run.workingDir, 'a/b.txt'), 'utf8')).toBe('one\n2\n');
    expect(
      (
        await call(
          'edit_file',
          {
            path: 'a/b.txt',
            edits: [
              { oldText: 'o', newText: '' },
              { oldText: 'zz', newText: '' },
            ],
          },
          run,
        )
      ).isError,
    ).toBe(true);
    expect(readFileSync(join(run.workingDir, 'a/b.txt'), 'utf8')).toBe('one\n2\n');
    mkdirSync(join(run.workingDir, '.git'));
    expect((await call('directory_tree', { path: '.' }, run)).output).toBe('a/\na/b.txt');
    expect(
      (await call('search_files_content', { path: '.', query: '^on', is_regex: true }, run)).output,
    ).toBe('a/b.txt:1: one');
    expect((await call('list_directory', { path: 'a' }, run)).output).toBe('FILE b.txt');
  });

  it('says what it cannot read', async () => {
    const run = context();
    writeFileSync(join(run.workingDir, 'big'), 'x'.repeat(300_000));
    writeFileSync(join(run.workingDir, 'binary'), 'a\0b');
    for (const path of ['absent', 'big', 'binary'])
      expect((await call('read_file', { path }, run)).isError).toBe(true);
  });
});

describe('fetch', () => {
  async function site(handler: Parameters<typeof createServer>[1]): Promise<string> {
    const server = createServer(handler);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://site.example:${(server.address() as AddressInfo).port}`;
  }
  const local = {
    resolveName: async () => ['127.0.0.1'],
    isAllowed: (address: string) => address === '127.0.0.1',
  };

  it('gives a page as text, and follows a redirect', async () => {
    const url = await site((request, response) => {
      if (request.url === '/old') response.writeHead(301, { Location: '/new' }).end();
      else
        response
          .writeHead(200, { 'Content-Type': 'text/html' })
          .end('<h1>Title</h1><script>x()</script><p>Text &amp; more</p>');
    });
    const { output } = await tool(fetchTools(local), 'fetch').call({ urls: [`${url}/old`] }, context());
    expect(output).toBe(`${url}/new\nTITLE\n\nText & more`);
  });

  it('refuses private addresses, by number, by name and by redirect, and other protocols', async () => {
    const fetch = tool(fetchTools(), 'fetch');
    for (const url of [
      'http://127.0.0.1:1/',
      'http://[::1]/',
      'http://localhost/',
      'http://169.254.169.254/latest',
      'http://0x7f000001/',
      'http://[::ffff:10.0.0.1]/',
    ]) {
      expect((await fetch.call({ urls: [url] }, context())).output).toMatch(/private or local address/);
    }
    expect((await fetch.call({ urls: ['file:///etc/passwd'] }, context())).output).toMatch(
      /only http and https/,
    );
    const url = await site((_, response) => response.writeHead(302, { Location: 'http://10.0.0.1/' }).end());
    expect((await tool(fetchTools(local), 'fetch').call({ urls: [url] }, context())).output).toMatch(
      /10\.0\.0\.1 is a private/,
    );
    const mixed = {
      ...local,
      resolveName: async () => ['93.184.215.14', '10.0.0.1'],
      isAllowed: isPublicAddress,
    };
    expect((await tool(fetchTools(mixed), 'fetch').call({ urls: [url] }, context())).output).toMatch(
      /is a private/,
    );
  });

  it('asks a proxy for what nobody here can look up, and refuses what is private there, too', async () => {
    const port = Number(new URL(await site((_, response) => response.end('by the proxy'))).port);
    const hosts = Object.fromEntries(
      ['far.example:80', 'inside.example:80', '10.0.0.1:80', 'memory.lan:80'].map((host) => [host, { port }]),
    );
    const proxy = await startConnectProxy({ hosts });
    onTestFinished(() => proxy.close());
    const resolveName = async (name: string) => {
      if (name === 'inside.example') return ['10.0.0.1'];
      throw Object.assign(new Error('not found'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' });
    };
    const fetch = tool(fetchTools({ resolveName, env: { http_proxy: proxy.url } }), 'fetch');
    const get = async (url: string) => (await fetch.call({ urls: [url] }, context())).output;
    expect(await get('http://far.example/')).toBe('http://far.example/\nby the proxy');
    for (const host of [
      'inside.example',
      '10.0.0.1',
      'memory.lan',
      'intranet',
      'printer.local.',
      '[fd00::1]',
    ]) {
      expect(await get(`http://${host}/`)).toMatch(/private or local address/);
    }
    for (const host of ['localhost', '127.0.0.1', 'memory:9100', 'gateway:3000']) {
      expect(await get(`http://${host}/`)).not.toContain('by the proxy');
    }
    expect(proxy.asked).toEqual(['GET http://far.example/']);
  });

  it('gives up on a page that takes too long', async () => {
    const url = await site(() => {});
    expect(
      await tool(fetchTools({ ...local, timeoutS: 1 }), 'fetch').call({ urls: [url] }, context()),
    ).toMatchObject({ isError: true });
  });

  it('knows public addresses from others', () => {
    expect(['8.8.8.8', '2606:4700::1111'].every(isPublicAddress)).toBe(true);
    expect(
      ['192.168.1.1', '172.20.0.1', '100.64.0.1', 'fd00::1', 'fe80::1', '::', '2002:7f00:1::', 'x'].some(
        isPublicAddress,
      ),
    ).toBe(false);
  });
});

it('think returns the thought; todo keeps a list a session', async () => {
  expect((await tool(thinkTools(), 'think').call({ thought: 'hm' }, context())).output).toBe('Thoughts:\nhm');
  const kept = new Map<string, unknown>();
  const todos = todoTools({ todos: (id) => kept.get(id) ?? [], setTodos: (id, list) => kept.set(id, list) });
  await tool(todos, 'create_todos').call({ descriptions: ['a', 'b'] }, context());
  await tool(todos, 'update_todos').call({ updates: [{ id: 'todo_1', status: 'completed' }] }, context());
  expect((await tool(todos, 'list_todos').call({}, context())).output).toBe(
    'Current todos:\n- [todo_1] a (completed)\n- [todo_2] b (pending)',
  );
});

it('templates take values from the environment and from the run’s headers', () => {
  const values = { environment: { A: 'a' }, headers: { 'x-moby-session': 'cli:main' } };
  expect(expandTemplate(`Bearer \${env.A} \${headers.X-Moby-Session}`, values)).toBe('Bearer a cli:main');
  expect(expandTemplate(`\${env.B}|\${env.B || 'none'}|\${headers.X}|$A`, values)).toBe('|none||$A');
  expect(expandShellVariables(`$A/\${A}`, { A: 'a' })).toBe('a/a');
  expect(() => expandShellVariables('$B', {})).toThrow(/variable B is not set/);
});
