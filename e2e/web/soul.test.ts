/** Who Moby is, changed in the page: checked while it is typed, in force with the next message, never lost where it is wrong. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { until } from '@mobyclaw/testkit/until';
import { afterAll, describe, expect, test } from 'vitest';
import { DARK_PHONE, seriousFaults, tabTo, widerThanScreen } from './accessible.ts';
import { closeBrowser } from './browser.ts';
import { startMoby } from './moby-page.ts';

afterAll(closeBrowser);

describe.skipIf(!requireTool('chromium'))('the soul', () => {
  test('mistakes are told while one types, and refused with their line; what is right counts from the next message', async () => {
    const systems: string[] = [];
    const moby = await startMoby((request) => {
      systems.push(JSON.stringify(request));
      return { text: ['Yes.'] };
    });
    const path = join(moby.home, 'soul.yaml');
    const { page, faults } = await moby.openPage();
    await page.getByRole('link', { name: 'Soul' }).click();
    const field = page.getByRole('textbox', { name: 'Text of soul.yaml' });
    await field.waitFor();
    const before = readFileSync(path, 'utf8');
    expect(await field.inputValue()).toBe(before);
    await page.getByText('Nothing is wrong with it.').waitFor();

    const misspelt = before.replace('max_tokens:', 'max_tokns:');
    const line = misspelt.slice(0, misspelt.indexOf('max_tokns')).split('\n').length;
    await field.fill(misspelt);
    await page.getByText('unknown key "models.moby.max_tokns"').waitFor();
    await page.getByRole('button', { name: `Line ${line}` }).click();
    expect(await page.locator('.gutter .wrong').allTextContents()).toEqual([String(line)]);
    expect(await seriousFaults(page)).toEqual([]);

    await field.fill(`${before}\nagents: [\n`);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/^Not saved: line \d+/).waitFor();
    expect(readFileSync(path, 'utf8')).toBe(before);
    await page.reload();
    await until('the edit is kept', async () => (await field.inputValue()).endsWith('agents: [\n'));
    await page.getByRole('button', { name: 'Discard' }).click();

    const changed = before.replace('instruction: |', 'instruction: |\n      You speak like a pirate.');
    await field.fill(changed);
    await page.getByRole('tab', { name: 'What is yours' }).click();
    await page.locator('.diff .added', { hasText: 'pirate' }).waitFor();
    await page.getByRole('tab', { name: 'Text' }).click();
    await field.press('Control+s');
    await until('the file', async () => readFileSync(path, 'utf8') === changed);
    await page.locator('.soul-in-force').waitFor();
    await until('it counts', async () => {
      await moby.cli(['run', 'Ahoy?']);
      return systems.at(-1)?.includes('like a pirate') ?? false;
    });
    await page.getByRole('tab', { name: 'Versions' }).click();
    await page
      .getByRole('button', { name: /^Until/ })
      .first()
      .click();
    await page.locator('.diff .added', { hasText: 'pirate' }).waitFor();
    expect(faults).toEqual([]);
  }, 240_000);

  test('by the keyboard alone, and on a small dark phone', async () => {
    const moby = await startMoby(() => ({ text: ['Yes.'] }));
    const { page } = await moby.openPage();
    await page.getByText('Skip to the conversation').focus();
    await tabTo(page, 'Soul');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Text of soul.yaml' }).waitFor();
    await tabTo(page, 'Text of soul.yaml');
    await page.keyboard.press('Control+End');
    await page.keyboard.type('# mine');
    await page.keyboard.press('Control+s');
    await until('the file', async () =>
      readFileSync(join(moby.home, 'soul.yaml'), 'utf8').endsWith('# mine'),
    );
    const { page: phone, faults } = await moby.openPage(DARK_PHONE);
    await phone.getByRole('button', { name: 'Menu' }).tap();
    await phone.getByRole('link', { name: 'Soul' }).tap();
    await phone.getByText('Nothing is wrong with it.').waitFor();
    expect(await widerThanScreen(phone)).toEqual([]);
    expect(await seriousFaults(phone)).toEqual([]);
    expect(faults).toEqual([]);
  }, 180_000);
});
