/** The first visit, with no model at all. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { afterAll, describe, expect, test } from 'vitest';
import { newMoby } from '../local/moby.ts';
import { DARK_PHONE, seriousFaults, tabTo, widerThanScreen } from './accessible.ts';
import { closeBrowser, visit } from './browser.ts';

afterAll(closeBrowser);

describe.skipIf(!requireTool('chromium'))('the first visit', () => {
  test('three steps show what he can do, offline and by the keyboard; the second visit is the chat', async () => {
    const moby = await newMoby();
    expect((await moby.cli(['up', '--local'])).code).toBe(0);
    const { page, faults } = await visit(DARK_PHONE);
    const open = async (): Promise<string> => (await moby.cli(['open', '--print'])).stdout.trim();
    await page.goto(await open());
    await page.getByRole('heading', { name: 'Let him remember' }).waitFor();
    expect(await widerThanScreen(page)).toEqual([]);
    expect(await seriousFaults(page)).toEqual([]);
    for (const prompt of [
      'What can you do?',
      'Remember that I like short answers',
      'Remind me in 2 minutes to stretch',
    ]) {
      await tabTo(page, prompt);
      await page.keyboard.press('Enter');
      await page.locator('.start-said', { hasText: prompt }).waitFor();
    }
    await page.getByText('I will remember it: you like short answers').waitFor();
    expect(readFileSync(join(moby.home, 'MEMORY.md'), 'utf8')).toContain('likes short answers');
    expect((await moby.cli(['cron'])).stdout).toContain('stretch');
    expect(await widerThanScreen(page)).toEqual([]);
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('link', { name: 'See it in his memory' }).tap();
    await page.getByRole('textbox', { name: 'Text of MEMORY.md' }).waitFor();
    await page.goto(await open());
    await page.locator('.composer').waitFor();
    expect(faults).toEqual([]);
  }, 240_000);
});
