/** `/skills` in a messenger and `/api/skills`: how they stand, and those that the owner has seen switched on and off. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { approveSkill, placeSkill } from '@mobyclaw/lib/skills/approve-skill';
import { skillOf } from '@mobyclaw/lib/skills/read-skill';
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
