/** What an owner does with schedules and the heartbeat: adds by a form, looks at the times, pauses, runs, deletes, beats now. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { until } from '@mobyclaw/testkit/until';
import { afterAll, describe, expect, test } from 'vitest';
import { DARK_PHONE, seriousFaults, tabTo, widerThanScreen } from './accessible.ts';
import { closeBrowser } from './browser.ts';
import { startMoby } from './moby-page.ts';
import { picture } from './picture.ts';

afterAll(closeBrowser);

const HEART = { env: { MOBYCLAW_HEARTBEAT_INTERVAL: '30m' } };

describe.skipIf(!requireTool('chromium'))('schedules', () => {
  test('one is made by the keyboard alone, with its next times as they are typed; it runs, rests, goes on, and is deleted', async () => {
    const moby = await startMoby(() => ({ text: ['The sun shines.'] }), HEART);
    const { page, faults } = await moby.openPage();
    await page.getByText('Skip to the conversation').focus();
    await tabTo(page, 'Schedules');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing is scheduled.').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await tabTo(page, 'New');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'New schedule' }).waitFor();
    await page.getByRole('radio', { name: /A task/ }).press('Space');
    await tabTo(page, /^What Moby is asked/);
    await page.keyboard.type('How is the weather?');
    await tabTo(page, /^Name/);
    await page.keyboard.type('Weather');
    await page.getByRole('radio', { name: 'Cron' }).press('Space');
    await tabTo(page, /^Cron minute/);
    await page.keyboard.type('0 7 * * 1-9');
    await page.locator('.next-times .failure').waitFor();
    expect(await page.locator('.next-times li').count()).toBe(0);
    await page.keyboard.press('Backspace');
    await page.keyboard.type('5');
    await until('five times', async () => (await page.locator('.next-times li').count()) === 5);
    expect(await seriousFaults(page)).toEqual([]);
    await picture(page, 'schedule-new');
    await tabTo(page, 'Schedule it');
    await page.keyboard.press('Enter');
    const row = page.locator('.job', { hasText: 'Weather' });
    await row.getByText('Monday to Friday at 07:00').waitFor();
    const { body } = await moby.call('GET', '/api/jobs');
    expect(body.items).toMatchObject([
      { name: 'Weather', cron: '0 7 * * 1-5', prompt: 'How is the weather?' },
    ]);

    await row.getByRole('link').click();
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.locator('.decided', { hasText: 'The sun shines.' }).getByText('Done').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    expect((await moby.call('GET', '/api/jobs')).body.items).toMatchObject([{ state: 'paused' }]);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await picture(page, 'schedule');
    await page.getByRole('link', { name: 'Change' }).click();
    await page.getByRole('heading', { name: 'Change the schedule' }).waitFor();
    expect(await page.getByRole('radio', { name: 'On days' }).isChecked()).toBe(true);
    await page.getByLabel(/^At/).fill('08:30');
    await page.getByLabel(/^Time zone/).fill('Asia/Tokyo');
    await page.getByLabel(/^Until/).fill('30d');
    await page.getByLabel(/^How often/).fill('7');
    await page.locator('.next-times', { hasText: 'Asia/Tokyo' }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await picture(page, 'schedule-change');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Monday to Friday at 08:30').waitFor();
    const [changed] = (await moby.call('GET', '/api/jobs')).body.items;
    expect(changed).toMatchObject({
      ...{ name: 'Weather', cron: '30 8 * * 1-5', prompt: 'How is the weather?' },
      ...{ timeZone: 'Asia/Tokyo', count: 7 },
    });
    expect(changed.until).toBeDefined();

    await page.getByRole('button', { name: 'Delete' }).click();
    expect((await moby.call('GET', '/api/jobs')).body.items).toHaveLength(1);
    await page.getByRole('button', { name: 'Delete it for good?' }).click();
    await page.getByText('Nothing is scheduled.').waitFor();
    expect(faults).toEqual([]);
  }, 240_000);

  test('what others schedule is there at once; the heartbeat says why it was silent; on a phone, in the dark', async () => {
    const moby = await startMoby(() => ({ text: ['HEARTBEAT_OK'] }), HEART);
    const { page, faults } = await moby.openPage(DARK_PHONE);
    await page.goto(`${moby.address}/#/schedules`);
    await page.getByText('Nothing is scheduled.').waitFor();
    await moby.cli(['cron', 'add', '--at', 'tomorrow 9:00', '--message', 'Call the bank', '--name', 'Bank']);
    await moby.cli([
      'cron',
      'add',
      '--every',
      '2h',
      '--prompt',
      `Look at ${'x'.repeat(200)}`,
      '--name',
      'y'.repeat(90),
    ]);
    await page.locator('.job').nth(1).waitFor();
    await page.locator('.job', { hasText: 'Bank' }).getByText('Call the bank').waitFor();
    const list = page.getByLabel('What he looks at', { exact: false }).locator('textarea');
    await list.fill('- look for mail every 6h');
    await page.getByRole('button', { name: 'Save' }).tap();
    await until('the list', async () =>
      readFileSync(join(moby.home, 'HEARTBEAT.md'), 'utf8').includes('look for mail'),
    );
    await page.getByRole('button', { name: 'Beat now' }).tap();
    await page.locator('.decided').getByText('Silent: nothing to say').waitFor();
    expect(await widerThanScreen(page)).toEqual([]);
    expect(await seriousFaults(page)).toEqual([]);
    await picture(page, 'schedules-phone');
    await page.getByRole('link', { name: 'New' }).tap();
    await page.getByText('On days').tap();
    await until('five times', async () => (await page.locator('.next-times li').count()) === 5);
    expect(await widerThanScreen(page)).toEqual([]);
    expect(await seriousFaults(page)).toEqual([]);
    await picture(page, 'schedule-new-phone');
    await page.getByLabel('What you are reminded of').fill('Water the plants');
    await page.getByRole('button', { name: 'Schedule it' }).tap();
    await page.locator('.job', { hasText: 'Water the plants' }).getByText('Every day at 09:00').waitFor();
    expect(faults).toEqual([]);
  }, 240_000);
});
