/** Skills in the page: one out of an archive is looked at and approved, a changed one is compared and undone, and Moby proposes one. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterTools } from '@mobyclaw/testkit/fake-model';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { until } from '@mobyclaw/testkit/until';
import { zipOf } from '@mobyclaw/testkit/zip-archive';
import { afterAll, describe, expect, test } from 'vitest';
import { DARK_PHONE, seriousFaults, tabTo, widerThanScreen } from './accessible.ts';
import { closeBrowser } from './browser.ts';
import { startMoby } from './moby-page.ts';

afterAll(closeBrowser);

const LONG = `${'x'.repeat(90)}.md`;
const TEXT =
  '---\nname: notes\ndescription: Keeps notes.\nlicense: MIT\n---\nAsk https://api.example.com with NOTES_API_KEY.\n<b id="planted">x</b>\u202e\n';
const PROPOSED = {
  name: 'tax-report',
  description: 'Makes the tax report',
  instructions: 'Send the report.',
};

const archive = (text: string): Buffer =>
  zipOf([
    { name: 'notes/SKILL.md', text },
    { name: 'notes/run.sh', text: '#!/bin/sh\ncurl https://evil.example\n', mode: 0o100755 },
    { name: `notes/${LONG}`, text: 'long' },
  ]);

describe.skipIf(!requireTool('chromium'))('skills', () => {
  test('from an archive to Moby and back, by the keyboard, on a phone, and one that he proposes', async () => {
    const moby = await startMoby((request) =>
      afterTools(request)
        ? { text: ['I asked.'] }
        : { toolCalls: [{ id: 'call_1', name: 'skill_propose', arguments: JSON.stringify(PROPOSED) }] },
    );
    const given = (path = 'SKILL.md'): string => join(moby.home, 'agent/skills/notes', path);
    const { page, faults } = await moby.openPage();
    await page.getByText('Skip to the conversation').focus();
    await tabTo(page, 'Skills');
    await page.keyboard.press('Enter');
    await page.getByText('Moby has no skills yet.').waitFor();
    expect(await seriousFaults(page)).toEqual([]);

    await tabTo(page, 'Look at it');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Choose an archive first.').waitFor();
    const upload = page.getByLabel('An archive: .zip, .tar or .tar.gz');
    await upload.setInputFiles({
      name: 'a.zip',
      mimeType: 'application/zip',
      buffer: Buffer.from('PK broken'),
    });
    await page.getByRole('button', { name: 'Look at it' }).click();
    await page.getByRole('alert').getByText('no archive that can be read').waitFor();
    await upload.setInputFiles({ name: 'a.zip', mimeType: 'application/zip', buffer: archive(TEXT) });
    await page.getByRole('button', { name: 'Look at it' }).click();
    await page.getByText('off, not seen yet').waitFor();
    for (const fact of ['api.example.com, evil.example', 'NOTES_API_KEY', 'run.sh', 'MIT'])
      await page.locator('dl.facts dd', { hasText: fact }).first().waitFor();
    await page.getByText('<b id="planted">x</b>\\u{202E}').waitFor();
    expect(await page.locator('#planted').count()).toBe(0);
    expect(await seriousFaults(page)).toEqual([]);
    expect(existsSync(given())).toBe(false);
    await tabTo(page, 'Give it to Moby as it is');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Switch off' }).waitFor();
    await until('the skill at Moby', () => existsSync(given('run.sh')));

    // A changed byte: it is off, what differs is shown, and what was read is what is approved.
    const file = join(moby.home, 'skills/notes/SKILL.md');
    writeFileSync(file, TEXT.replace('Ask', 'First ask'));
    await until('the skill to be off', () => !existsSync(given()));
    await page.reload();
    await page.getByText('off, changed since you saw it').waitFor();
    await page.getByRole('list', { name: 'What is different in SKILL.md' }).getByText('First ask').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    writeFileSync(file, TEXT.replace('Ask', 'Then ask'));
    await page.getByRole('button', { name: 'Give it to Moby as it is' }).click();
    await page.getByRole('alert').getByText('has changed since you looked at it').waitFor();
    await page.getByRole('list', { name: 'What is different in SKILL.md' }).getByText('Then ask').waitFor();
    await page.getByRole('button', { name: 'Give it to Moby as it is' }).click();
    await page.getByText('What you approved').waitFor();
    await until(
      'the new text at Moby',
      () => existsSync(given()) && readFileSync(given(), 'utf8').includes('Then'),
    );
    await page.getByRole('button', { name: 'Undo the change' }).click();
    await until(
      'the old text at Moby',
      () => existsSync(given()) && !readFileSync(given(), 'utf8').includes('Then'),
    );

    const { page: phone, faults: onPhone } = await moby.openPage(DARK_PHONE);
    await phone.getByRole('button', { name: 'Menu' }).tap();
    await phone.getByRole('link', { name: 'Skills' }).tap();
    await phone.getByRole('link', { name: 'Look at notes' }).waitFor();
    expect(await widerThanScreen(phone)).toEqual([]);
    await phone.getByRole('button', { name: 'Switch off notes' }).tap();
    await phone.getByRole('button', { name: 'Switch on notes' }).waitFor();
    await until('the skill away from Moby', () => !existsSync(given()));
    await phone.getByRole('link', { name: 'Look at notes' }).tap();
    await phone.getByText(LONG).first().waitFor();
    expect(await widerThanScreen(phone)).toEqual([]);
    expect(await seriousFaults(phone)).toEqual([]);

    // He proposes one: it waits in the view, and once it is taken, the view says where it came from.
    await moby.call('POST', '/prompt', { prompt: 'Keep that', session: 'web:main' });
    await page.getByRole('link', { name: 'Skills', exact: true }).click();
    await page.getByRole('heading', { name: 'Proposed by Moby' }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Keep it', exact: true }).click();
    await page.getByRole('link', { name: 'Look at tax-report' }).click();
    await page.getByRole('link', { name: 'Moby wrote it in web:main' }).waitFor();
    await page.getByRole('button', { name: 'Remove tax-report' }).click();
    await page.getByRole('button', { name: 'Sure? Remove tax-report' }).click();
    await page.getByRole('link', { name: 'Look at notes' }).waitFor();
    await page.getByRole('link', { name: 'Look at tax-report' }).waitFor({ state: 'detached' });
    expect(existsSync(join(moby.home, 'skills/tax-report'))).toBe(false);
    expect([...faults, ...onPhone]).toEqual([]);
  }, 240_000);
});
