/** What Moby costs, as his owner looks at it. */
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { afterAll, describe, expect, test } from 'vitest';
import { DARK_PHONE, seriousFaults, tabTo, widerThanScreen } from './accessible.ts';
import { closeBrowser } from './browser.ts';
import { startMoby } from './moby-page.ts';

afterAll(closeBrowser);

describe.skipIf(!requireTool('chromium'))('the usage', () => {
  test('is shown by day, model, trigger and conversation, as bars and as numbers, and grows while one looks on', async () => {
    const moby = await startMoby(() => ({ text: ['Yes.'] }));
    await moby.cli(['run', '--session', 'work', 'hello']);
    const { page, faults } = await moby.openPage();
    const loaded: string[] = [];
    page.on('request', (request) => loaded.push(request.url()));
    await page.getByText('Skip to the conversation').focus();
    await tabTo(page, 'Usage');
    await page.keyboard.press('Enter');
    await page.locator('.chart canvas').waitFor();
    expect(loaded.some((url) => /uPlot/i.test(url))).toBe(true); // on demand alone
    await tabTo(page, 'As numbers');
    await page.keyboard.press('Enter');
    const days = page.getByRole('table', { name: 'By day' });
    await days.getByRole('cell', { name: '1', exact: true }).waitFor();
    await moby.cli(['run', '--session', 'work', 'hello again']);
    await days.getByRole('cell', { name: '2', exact: true }).waitFor();
    await page
      .getByRole('table', { name: 'By what began it' })
      .getByRole('rowheader', { name: 'the terminal' })
      .waitFor();
    await page
      .getByRole('table', { name: 'By conversation' })
      .getByRole('link', { name: 'cli:work' })
      .waitFor();
    await page
      .getByRole('table', { name: 'Counted on the way to the models' })
      .getByRole('rowheader', { name: 'difference (0.0 %)' })
      .waitFor();
    await page.getByLabel('Period').selectOption('7');
    await page.getByText('This month, if it goes on so').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    const { page: phone } = await moby.openPage(DARK_PHONE);
    await phone.getByRole('button', { name: 'Menu' }).tap();
    await phone.getByRole('link', { name: 'Usage' }).tap();
    await phone.locator('.chart canvas').waitFor();
    expect(await widerThanScreen(phone)).toEqual([]);
    expect(await seriousFaults(phone)).toEqual([]);
    expect(faults).toEqual([]);
  }, 180_000);
});
