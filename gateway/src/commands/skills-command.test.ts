/** `/skills` in a messenger and `/api/skills`: how they stand, and those that the owner has seen switched on and off. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { approveSkill, placeSkill } from '@mobyclaw/lib/skills/approve-skill';
import { skillOf } from '@mobyclaw/lib/skills/read-skill';
import { zipOf } from '@mobyclaw/testkit/zip-archive';
import { expect, test } from 'vitest';
import { openHarness } from '../testing/harness.ts';
import { startMemoryServer } from '../testing/memory-server.ts';

test('they are listed and switched; one that was not seen stays off', async () => {
  const memory = await startMemoryServer();
  const moby = await openHarness({ env: memory.env });
  const say = async (text: string): Promise<string> => {
    const body = { text };
    return (await moby.call('POST', '/api/sessions/cli:main/command', { body })).body.text;
  };
  expect(await say('/skills')).toContain('none yet');
  const bytes = Buffer.from('---\nname: notes\ndescription: d\n---\nSee https://api.example.com\n');
  const skill = skillOf(new Map([['SKILL.md', { bytes, executable: false }]]), 'notes');
  await placeSkill(memory.home, skill);
  expect(await say('/skills')).toBe('- `notes`: off, you have not seen it yet');
  expect(await say('/skills enable notes')).toMatch(/⚠️ notes is new: look at it first.*skills enable notes/);
  await approveSkill(memory.home, skill, 0);
  expect(await say('/skills disable notes')).toContain('is off');
  expect(existsSync(join(memory.home, 'agent/skills/notes'))).toBe(false);
  expect(await say('/skills enable notes')).toContain('is on');
  expect(existsSync(join(memory.home, 'agent/skills/notes/SKILL.md'))).toBe(true);

  mkdirSync(join(memory.home, 'skills/Bad`Name'));
  writeFileSync(join(memory.home, 'skills/notes/more.md'), 'x');
  expect(await say('/skills')).toBe(
    '- `BadName`: off, cannot be read\n- `notes`: off, changed since you saw it',
  );
  expect((await moby.call('GET', '/api/skills')).body.items[1]).toMatchObject({
    name: 'notes',
    state: 'changed',
    hosts: ['api.example.com'],
    changes: { added: ['more.md'] },
  });
  const put = (name: string, body: object) => moby.call('PUT', `/api/skills/${name}`, { body });
  expect((await put('notes', { enabled: true })).status).toBe(409);
  expect((await put('none', { enabled: true })).status).toBe(404);
  expect((await put('notes', { enabled: 1 })).status).toBe(422);
  expect((await put('notes', { enabled: false })).status).toBe(200);
  expect(await say('/skills enable')).toContain('Write `/skills`');
}, 60_000);

test('an archive is put among them switched off, looked at whole, approved as it was looked at, and removed', async () => {
  const memory = await startMemoryServer();
  const moby = await openHarness({ env: memory.env });
  const upload = async (body: string, more: object = {}) => {
    const text = `---\nname: notes\ndescription: d\nlicense: MIT\n---\n${body}\n`;
    const archive = zipOf([{ name: 'notes/SKILL.md', text }]).toString('base64');
    return await moby.call('POST', '/api/skills', { body: { archive, ...more } });
  };
  const published = join(memory.home, 'agent/skills/notes/SKILL.md');
  const approve = (digest: string) => moby.call('POST', '/api/skills/notes/approve', { body: { digest } });
  const first = await upload('one');
  expect([first.status, first.body]).toMatchObject([
    201,
    {
      ...{ name: 'notes', state: 'new', license: 'MIT', versions: [] },
      texts: [{ path: 'SKILL.md', text: expect.stringContaining('one'), before: null }],
    },
  ]);
  expect(existsSync(published)).toBe(false);
  expect((await approve('0'.repeat(64))).status).toBe(409);
  expect((await approve(first.body.digest)).body).toMatchObject({
    state: 'on',
    versions: [{ current: true }],
  });
  expect(readFileSync(published, 'utf8')).toContain('one');

  const second = (await upload('two')).body;
  expect(second).toMatchObject({
    ...{ state: 'changed', changes: { changed: ['SKILL.md'] } },
    texts: [{ text: expect.stringContaining('two'), before: expect.stringContaining('one') }],
  });
  expect(existsSync(published)).toBe(false);
  writeFileSync(join(memory.home, 'skills/notes/more.md'), 'changed while he read');
  expect((await approve(second.digest)).body.detail).toContain('has changed since you looked at it');
  const { body } = await moby.call('GET', '/api/skills/notes');
  await approve(body.digest);
  expect(readFileSync(published, 'utf8')).toContain('two');
  const undone = (await moby.call('POST', '/api/skills/notes/undo', { body: {} })).body;
  expect([undone.state, undone.versions.length]).toEqual(['on', 2]);
  expect(readFileSync(published, 'utf8')).toContain('one');
  expect((await moby.call('POST', '/api/skills/notes/undo', { body: { to: 'ffffffff' } })).status).toBe(409);

  expect((await moby.call('DELETE', '/api/skills/notes')).body.items).toEqual([]);
  expect(existsSync(published)).toBe(false);
  expect((await moby.call('GET', '/api/skills/notes')).status).toBe(404);
  expect((await upload('x', { only: 'other' })).body.detail).toContain(
    'There is no skill other in the archive',
  );
  const broken = await moby.call('POST', '/api/skills', { body: { archive: 'bm90' } });
  expect([broken.status, broken.body.detail]).toEqual([
    409,
    expect.stringContaining('no archive that can be read'),
  ]);
  expect((await moby.call('POST', '/api/skills', { body: { archive: '%' } })).status).toBe(422);
}, 60_000);
