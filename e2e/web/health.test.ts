/** How Moby is: his parts, what is wrong with them, what they log. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { afterAll, describe, expect, test } from 'vitest';
import { DARK_PHONE, seriousFaults, tabTo, widerThanScreen } from './accessible.ts';
import { closeBrowser } from './browser.ts';
import { startMoby } from './moby-page.ts';

afterAll(closeBrowser);

describe.skipIf(!requireTool('chromium'))('the health', () => {
  test('names the parts, tells what is wrong while one looks on, and follows the logs', async () => {
    const moby = await startMoby(() => ({ text: ['Yes.'] }));
    const { page, faults } = await moby.openPage();
    await page.getByText('Skip to the conversation').focus();
    await tabTo(page, 'Health');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Moby is ready' }).waitFor();
    for (const part of ['Gateway', 'Agent', 'Memory', 'Workspace'])
      await page.locator('.rows li', { hasText: part }).getByText('ready', { exact: true }).waitFor();
    await page.getByText('Nothing is wrong').waitFor();
    writeFileSync(join(moby.home, 'soul.yaml'), 'agents: [\n');
    await page
      .locator('.findings')
      .getByText(/soul\.yaml line \d/)
      .waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    const log = page.getByRole('log', { name: 'Logs' });
    await log.getByText('soul.yaml was rejected').waitFor();
    await page.getByLabel('Log of').selectOption('memory');
    await log.getByText('soul.yaml read').first().waitFor();
    appendFileSync(
      join(moby.home, 'logs/memory.log'),
      '<img src=x onerror=alert(1)> a line of another program\n',
    );
    await log.getByText('<img src=x onerror=alert(1)> a line of another program').waitFor();
    const { page: phone } = await moby.openPage(DARK_PHONE);
    await phone.getByRole('button', { name: 'Menu' }).tap();
    await phone.getByRole('link', { name: 'Health' }).tap();
    await phone.getByRole('log', { name: 'Logs' }).getByText('ready').first().waitFor();
    expect(await widerThanScreen(phone)).toEqual([]);
    expect(await seriousFaults(phone)).toEqual([]);
    expect(faults).toEqual([]);
  }, 180_000);
});
