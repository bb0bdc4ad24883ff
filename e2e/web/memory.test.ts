/** What Moby knows, as its owner reads, edits and puts it right in the page. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterTools, lastUserText } from '@mobyclaw/testkit/fake-model';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { until } from '@mobyclaw/testkit/until';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { DARK_PHONE, seriousFaults, tabTo, widerThanScreen } from './accessible.ts';
import { closeBrowser } from './browser.ts';
import { type MobyWithPage, startMoby } from './moby-page.ts';

afterAll(closeBrowser);

/** Writes down what it is told. */
function startWriter(): Promise<MobyWithPage> {
  return startMoby((request) => {
    const words = lastUserText(request).split('[/moby-context]').at(-1)?.trim() ?? '';
    if (afterTools(request)) return { text: ['Noted.'] };
    const call = {
      id: 'call_1',
      name: 'memory_append',
      arguments: JSON.stringify({ text: words, section: 'Notes' }),
    };
    return { toolCalls: [call] };
  });
}

const field = (page: Page) => page.getByRole('textbox', { name: 'Text of MEMORY.md' });

describe.skipIf(!requireTool('chromium'))('the memory', () => {
  test('is edited in place, follows what Moby writes, is put back from a version', async () => {
    const moby = await startWriter();
    const file = join(moby.home, 'MEMORY.md');
    const { page, faults } = await moby.openPage();
    await page.getByRole('link', { name: 'Memory' }).click();
    await field(page).waitFor();
    expect(await field(page).inputValue()).toBe(readFileSync(file, 'utf8'));
    await moby.cli(['run', 'The owner likes green tea.']);
    await until('the line', async () => (await field(page).inputValue()).includes('green tea'));
    const before = readFileSync(file, 'utf8');
    await field(page).fill(before.replace('green tea', 'black coffee'));
    await page.getByText('Not saved yet').waitFor();
    await page.reload();
    await until('the edit, after a reload', async () =>
      (await field(page).inputValue()).includes('black coffee'),
    );
    expect(readFileSync(file, 'utf8')).toBe(before);
    await page.getByRole('button', { name: 'Save' }).click();
    await until('the file', async () => readFileSync(file, 'utf8').includes('black coffee'));
    await page.getByRole('tab', { name: 'Versions' }).click();
    await page
      .getByRole('button', { name: /^Until/ })
      .first()
      .click();
    const difference = page.getByRole('list', { name: 'What has changed since then' });
    await difference.waitFor();
    expect(await difference.locator('.removed').allInnerTexts()).toEqual([
      expect.stringContaining('green tea'),
    ]);
    expect(await difference.locator('.added').allInnerTexts()).toEqual([
      expect.stringContaining('black coffee'),
    ]);
    await page.getByRole('button', { name: 'Put this version back' }).click();
    await until('the version', async () => readFileSync(file, 'utf8') === before);
    await page.getByRole('tab', { name: 'Read' }).click();
    await page.locator('.reading li', { hasText: 'green tea' }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
  }, 180_000);

  test('what a hand or a tool changed meanwhile is shown beside the edit, and nothing of either is lost', async () => {
    const moby = await startWriter();
    const file = join(moby.home, 'MEMORY.md');
    writeFileSync(file, '# Memory\n\n- Tea: green\n- Dog: Rex\n');
    const { page, faults } = await moby.openPage();
    await page.getByRole('link', { name: 'Memory' }).click();
    await until('the text', async () => (await field(page).inputValue()).includes('Rex'));
    await field(page).fill('# Memory\n\n- Tea: mine\n- Dog: Rex\n');
    writeFileSync(file, '# Memory\n\n- Tea: by hand\n- Dog: Rex\n');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('This was changed while you edited it').waitFor();
    expect(readFileSync(file, 'utf8')).toContain('by hand');
    expect(await page.locator('.way pre').allInnerTexts()).toEqual([
      expect.stringContaining('Tea: green'),
      expect.stringContaining('Tea: mine'),
      expect.stringContaining('Tea: by hand'),
    ]);
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Put both together' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await until('both', async () => /mine[\s\S]*by hand/.test(readFileSync(file, 'utf8')));
    // A tool writes elsewhere in the file while an edit is open: both go together.
    await field(page).fill((await field(page).inputValue()).replace('Rex', 'Bello'));
    await moby.cli(['run', 'The owner has a boat.']);
    await page.getByText('so they go together').waitFor();
    await page.getByRole('button', { name: 'Put both together' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await until('both', async () => /Bello[\s\S]*boat/.test(readFileSync(file, 'utf8')));
    expect(faults).toEqual([]);
  }, 180_000);

  test('is searched, and says why he knows something; on a small dark phone, too', async () => {
    const moby = await startWriter();
    await moby.cli(['run', '--session', 'kitchen', 'The owner likes green tea.']);
    writeFileSync(
      join(moby.home, 'memory/2026-01-31.md'),
      '# 2026-01-31\n\n- 10:00 Anna Miller: the boiler leaks\n',
    );
    const { page, faults } = await moby.openPage(DARK_PHONE);
    await page.getByRole('button', { name: 'Menu' }).tap();
    await page.getByRole('link', { name: 'Memory' }).tap();
    await field(page).waitFor();
    expect(await widerThanScreen(page)).toEqual([]);
    await page.getByLabel('Search the memory').fill('boiler');
    await page.getByText('memory/2026-01-31.md · 2026-01-31 10:00 · Anna Miller').waitFor();
    await page.getByLabel('to', { exact: true }).fill('2026-01-30');
    await page.getByText('Nothing is found').waitFor();
    await page.getByLabel('to', { exact: true }).fill('');
    await page.getByRole('link', { name: /boiler leaks/ }).tap();
    const log = page.getByRole('textbox', { name: /^Text of .*2026/ });
    await until('the line is chosen', () =>
      log.evaluate((node) => {
        const { value, selectionStart, selectionEnd } = node as unknown as {
          value: string;
          selectionStart: number;
          selectionEnd: number;
        };
        return value.slice(selectionStart, selectionEnd).includes('boiler');
      }),
    );
    await page.getByLabel('Search the memory').fill('green tea');
    await page.locator('.hits').getByRole('link', { name: 'Why does he know this?' }).first().tap();
    await page.getByText('As Moby wrote it').waitFor();
    expect(await page.getByRole('link', { name: 'in cli:kitchen' }).count()).toBeGreaterThan(0);
    expect(await widerThanScreen(page)).toEqual([]);
    expect(await seriousFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
  }, 180_000);

  test('what is to be forgotten is shown first, and is then nowhere', async () => {
    const moby = await startWriter();
    const file = join(moby.home, 'MEMORY.md');
    await moby.cli(['run', 'The owner likes quince jelly.']);
    expect(readFileSync(file, 'utf8')).toContain('quince jelly');
    const { page, faults } = await moby.openPage();
    await page.goto(`${moby.address}/#/memory/forget`);
    await page.getByLabel('Words to forget').fill('quince jelly');
    await page.getByRole('button', { name: 'See where they stand' }).click();
    await page.getByText(/^They stand in \d/).waitFor();
    expect(readFileSync(file, 'utf8')).toContain('quince jelly');
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Forget “quince jelly” for good' }).click();
    await page.getByText('Forgotten.').waitFor();
    expect(readFileSync(file, 'utf8')).not.toContain('quince jelly');
    expect((await moby.cli(['history', 'search', 'quince'])).stdout).not.toContain('quince jelly');
    expect(faults).toEqual([]);
  }, 240_000);

  test('by the keyboard alone a file is opened, edited and saved', async () => {
    const moby = await startWriter();
    const { page } = await moby.openPage();
    await page.getByText('Skip to the conversation').focus();
    await tabTo(page, 'Memory');
    await page.keyboard.press('Enter');
    await field(page).waitFor();
    await tabTo(page, 'Text of MEMORY.md');
    await page.keyboard.press('Control+End');
    await page.keyboard.type('- By the keyboard.');
    await page.keyboard.press('Control+s');
    await until('the file', async () =>
      readFileSync(join(moby.home, 'MEMORY.md'), 'utf8').includes('keyboard'),
    );
    await page.getByText('Skip to the conversation').focus();
    await tabTo(page, 'Text');
    await page.keyboard.press('ArrowRight');
    await page.locator('.reading li', { hasText: 'By the keyboard' }).waitFor();
  }, 240_000);
});
