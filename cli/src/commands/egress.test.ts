import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, test } from 'vitest';
import { runCli } from '../testing/run-cli.ts';

function place(text?: string) {
  const home = temporaryFolder();
  const path = join(home, 'egress.yaml');
  if (text !== undefined) writeFileSync(path, text);
  return {
    path,
    run: (...args: string[]) => runCli(['egress', ...args], { home }),
    text: (): string => readFileSync(path, 'utf8'),
  };
}

test('rules are put in and taken out while nothing runs, and the rest of the file stays', async () => {
  const { path, run, text } = place();
  const allowed = await run('allow', 'Example.com', 'example.com:8443', '*.wikipedia.org');
  expect(allowed).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/counts from the next start.*\nMind: /s),
  });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(text()).toBe(
    'allow:\n  - "example.com"\n  - { host: "example.com", ports: [8443] }\n  - "*.wikipedia.org"\n',
  );
  writeFileSync(path, `# mine\n${text()}`);
  expect((await run('allow', 'api.github.com', '--method', 'GET', '--path', '/user')).code).toBe(0);
  expect((await run('deny', 'example.com')).code).toBe(0);
  expect((await run('forget', '*.wikipedia.org')).code).toBe(0);
  expect((await run('mode', 'open')).code).toBe(0);
  expect((await run('packages', 'on')).stderr).toContain('Packages are on');
  expect(text()).toBe(
    '# mine\npackages: on\nmode: open\nallow:\n  - { host: "api.github.com", methods: ["GET"], paths: ["/user"] }\ndeny:\n  - "example.com"\n',
  );
  expect((await run('mode', 'open')).stderr).toContain('says so already');
  const shown = await run();
  expect(shown.stdout).toMatch(
    /mode +open: .*\nallowed +\{ host: "api\.github\.com".*\ndenied +"example\.com"/,
  );
  expect(JSON.parse((await run('status', '--json')).stdout)).toMatchObject({
    running: false,
    rules: { mode: 'open' },
  });
}, 60_000);

test('test says what would become of a request', async () => {
  const { run } = place('allow: [a.com]\ndeny: [b.com]\n');
  expect(await run('test', 'https://a.com/x')).toMatchObject({
    code: 0,
    stdout: 'a.com:443: allow. A rule of `allow` names it.\n',
  });
  expect(await run('test', 'b.com')).toMatchObject({ code: 1, stdout: expect.stringContaining('refuse') });
  const asked = await run('test', 'c.com:22', '--json');
  expect([asked.code, JSON.parse(asked.stdout)]).toEqual([
    1,
    expect.objectContaining({ host: 'c.com', port: 22, verdict: 'ask' }),
  ]);
}, 30_000);

test.each([
  [['allow', '10.0.0.1'], /addresses/],
  [['allow', '*'], /mode: open/],
  [['allow', 'a.com', '--port', '0'], /no port/],
  [['mode', 'all'], /Allowed choices/],
  [['test', '0x7f.1'], /names no host/],
  [['log', '-n', '0'], /--limit/],
])('%j is refused, with nothing written', async (args, message) => {
  const { run, text } = place('mode: ask # mine\n');
  const { code, stderr } = await run(...args);
  expect([code === 0, stderr]).toEqual([false, expect.stringMatching(message)]);
  expect(text()).toBe('mode: ask # mine\n');
});

test('a file with a fault is told with its line, and not written to; a link is not written through', async () => {
  const broken = place('mode: ask\nalow: []\n');
  expect((await broken.run('allow', 'a.com')).stderr).toMatch(/egress\.yaml, line 2: "alow".*Mend it first/);
  expect((await broken.run()).stdout).toMatch(/problem +egress\.yaml, line 2/);
  expect(broken.text()).toBe('mode: ask\nalow: []\n');
  const linked = place();
  symlinkSync(broken.path, linked.path);
  expect((await linked.run('allow', 'a.com')).stderr).toContain('is a link');
}, 30_000);
