import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { describe, expect, test } from 'vitest';
import { startApi } from '../testing/api-server.ts';
import { runCli } from '../testing/run-cli.ts';

const UTC = { MOBYCLAW_TZ: 'UTC' };

describe('memory', () => {
  function filled(): string {
    const home = temporaryFolder();
    mkdirSync(join(home, 'memory/.versions/MEMORY.md'), { recursive: true });
    writeFileSync(
      join(home, 'MEMORY.md'),
      '# Memory\n\n## People\n\n- Zoë lives in Oslo\n\n## Work\n\nNothing.\n',
    );
    writeFileSync(join(home, 'memory/2026-01-01.md'), '09:00 met Zoe in the office\n');
    writeFileSync(join(home, 'memory/2026-01-02.md'), '10:00 quiet\n');
    writeFileSync(join(home, 'memory/.versions/MEMORY.md/2026-01-01T00_00_00.000Z.md'), 'older\n');
    return home;
  }

  test('is shown and searched without a running stack', async () => {
    const home = filled();
    expect((await runCli(['memory'], { home })).stdout).toContain('- Zoë lives in Oslo');
    const { stdout } = await runCli(['memory', 'search', 'ZOE'], { home });
    expect(stdout).toBe(
      'MEMORY.md:5  People\n- Zoë lives in Oslo\n\nmemory/2026-01-01.md:1\n09:00 met Zoe in the office\n\n',
    );
    expect((await runCli(['memory', 'search', 'people', 'oslo'], { home })).stdout).toContain('MEMORY.md:5');
    expect((await runCli(['memory', 'search', 'absent'], { home })).stdout).toBe('');
  });

  test('where Moby runs it is searched as he searches, and a hit names its conversation', async () => {
    const home = filled();
    const api = await startApi(home);
    const hit = {
      file: 'MEMORY.md',
      line: 5,
      section: 'People',
      snippet: '- Zoë lives in Oslo',
      at: null,
      speaker: null,
    };
    const near = { before: null, after: null, session: 'telegram:dm:7', title: 'Moving north' };
    api.on('GET /api/memory/search', { body: { items: [{ ...hit, ...near }], unread: [], missing: 2 } });
    const { stdout, stderr } = await runCli(['memory', 'search', 'where', 'is', 'Zoe'], {
      home,
      port: api.port,
    });
    expect(stdout).toBe('MEMORY.md:5  People  Moving north\n- Zoë lives in Oslo\n\n');
    expect(stderr).toContain('2 files are not searched yet');
    expect(api.seen.at(-1)?.path).toBe('/api/memory/search?q=where%20is%20Zoe');
    const { stdout: json } = await runCli(['memory', 'search', 'Zoe', '--json'], { home, port: api.port });
    expect(JSON.parse(json)).toMatchObject([
      { heading: 'People', session: 'telegram:dm:7', title: 'Moving north' },
    ]);
  });

  test('the log of a day; nothing outside the folder can be asked for', async () => {
    const home = filled();
    expect((await runCli(['memory', 'log', '2026-01-02'], { home })).stdout).toBe('10:00 quiet\n');
    const none = await runCli(['memory', 'log', '2026-01-03'], { home });
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('the last days with a log are 2026-01-01, 2026-01-02');
    expect((await runCli(['memory', 'log', '../soul'], { home })).code).toBe(2);
    expect((await runCli(['memory', 'versions', '--file', '../x.md'], { home })).code).toBe(2);
  });

  test('versions, and the editor', async () => {
    const home = filled();
    const env = { ...UTC, EDITOR: 'sed -i s/Oslo/Bergen/' };
    expect((await runCli(['memory', 'versions'], { home, env })).stdout).toBe(
      '2026-01-01T00_00_00.000Z  2026-01-01 00:00\n',
    );
    expect((await runCli(['memory', 'versions', '2026-01-01T00_00_00.000Z'], { home })).stdout).toBe(
      'older\n',
    );
    mkdirSync(join(home, 'memory/.versions/soul.yaml'));
    writeFileSync(join(home, 'memory/.versions/soul.yaml/2026-01-02T00_00_00.000Z.yaml'), 'agents: {}\n');
    const ofSoul = ['memory', 'versions', '--file', 'soul.yaml'];
    expect((await runCli(ofSoul, { home, env })).stdout).toBe('2026-01-02T00_00_00.000Z  2026-01-02 00:00\n');
    expect((await runCli([...ofSoul, '2026-01-02T00_00_00.000Z'], { home })).stdout).toBe('agents: {}\n');
    expect((await runCli(['memory', 'edit'], { home, env })).code).toBe(0);
    expect(readFileSync(join(home, 'MEMORY.md'), 'utf8')).toContain('Bergen');
    const piped = await runCli(['memory', 'edit'], { home });
    expect([piped.code, piped.stderr]).toEqual([2, expect.stringContaining(join(home, 'MEMORY.md'))]);
    const absent = await runCli(['memory', 'edit'], { home, env: { EDITOR: 'no-such-editor' } });
    expect(absent.code).toBe(1);
    expect(absent.stderr).toContain('"no-such-editor" was not found');
  });
});
