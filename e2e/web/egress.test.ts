/** The way out in the page: a host that Moby wants is asked about, refused, then allowed; the rules and the log of the door follow. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterTools } from '@mobyclaw/testkit/fake-model';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { until } from '@mobyclaw/testkit/until';
import { afterAll, describe, expect, test } from 'vitest';
import { DARK_PHONE, seriousFaults, tabTo, widerThanScreen } from './accessible.ts';
import { closeBrowser } from './browser.ts';
import { startMoby } from './moby-page.ts';

afterAll(closeBrowser);

const LONG = `${'x'.repeat(60)}.${'y'.repeat(60)}.example`;

describe.skipIf(!(requireTool('chromium') && requireTool('curl')))('the way out', () => {
  test('what is asked and refused is there at once, and a button makes a rule of it', async () => {
    const command = JSON.stringify({ cmd: 'curl -sS -o /dev/null http://files.example/' });
    const moby = await startMoby((request) =>
      afterTools(request)
        ? { text: ['I was not let out.'] }
        : { toolCalls: [{ id: 'call_1', name: 'shell', arguments: command }] },
    );
    const rules = (): string => readFileSync(join(moby.home, 'egress.yaml'), 'utf8');
    const { page, faults } = await moby.openPage();
    await page.getByLabel('Write to Moby').fill('Fetch the files');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Way out' }).click();
    await page.getByRole('heading', { name: 'Asked just now' }).waitFor();
    await page.locator('section', { hasText: 'Asked just now' }).getByText('files.example').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('link', { name: 'Answer it among the questions.' }).click();
    await page.locator('.question').getByRole('button', { name: 'No', exact: true }).click();
    await page.getByRole('link', { name: 'Way out' }).click();
    await page.getByRole('button', { name: 'Allow files.example' }).waitFor();
    await page
      .getByRole('region', { name: 'What passed the door' })
      .getByText('files.example:80')
      .first()
      .waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Allow files.example' }).click();
    await page.getByRole('button', { name: 'Take out the rule for files.example' }).waitFor();
    expect(rules()).toContain('files.example');
    expect(faults).toEqual([]);
  }, 180_000);

  test('the rules by the keyboard alone, what is no host is told, and all of it on a small dark phone', async () => {
    const moby = await startMoby(() => ({ text: ['Yes.'] }));
    const rules = (): string => readFileSync(join(moby.home, 'egress.yaml'), 'utf8');
    const { page, faults } = await moby.openPage();
    await page.getByText('Skip to the conversation').focus();
    await tabTo(page, 'Way out');
    await page.keyboard.press('Enter');
    await page.getByText('No host is allowed or denied.').waitFor();
    await tabTo(page, 'Host');
    await page.keyboard.type('no host at all');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('Host').inputValue()).toBe('no host at all');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('*.example.com');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Take out the rule for *.example.com' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.keyboard.type(LONG);
    await tabTo(page, 'Deny');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: `Take out the rule for ${LONG}` }).waitFor();
    expect(rules()).toContain(LONG);
    expect(await seriousFaults(page)).toEqual([]);

    const { page: phone, faults: onPhone } = await moby.openPage(DARK_PHONE);
    await phone.getByRole('button', { name: 'Menu' }).tap();
    await phone.getByRole('link', { name: 'Way out' }).tap();
    await phone.getByText(LONG).waitFor();
    expect(await widerThanScreen(phone)).toEqual([]);
    expect(await seriousFaults(phone)).toEqual([]);
    await phone.getByRole('button', { name: 'Take out the rule for *.example.com' }).tap();
    await phone.getByText('*.example.com', { exact: true }).waitFor({ state: 'detached' });
    await phone.getByRole('combobox', { name: 'Mode' }).selectOption('model');
    await until('the mode', async () => /^mode: model$/m.test(rules()));
    await page
      .getByRole('combobox', { name: 'Mode' })
      .locator('option:checked', { hasText: 'Nothing but his model' })
      .waitFor({
        state: 'attached',
      });
    expect([...faults, ...onPhone]).toEqual([]);
  }, 180_000);
});
