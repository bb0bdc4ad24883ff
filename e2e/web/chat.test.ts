/** The page as its owner uses it, from the code of the command line to an answer with a tool. */
import { afterTools, lastUserText } from '@mobyclaw/testkit/fake-model';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { afterAll, describe, expect, test } from 'vitest';
import { closeBrowser, visit } from './browser.ts';
import { startMoby } from './moby-page.ts';

afterAll(closeBrowser);

describe.skipIf(!requireTool('chromium'))('the page', () => {
  test('is shown to nobody, lets in by a code that is gone from the address at once, and logs out', async () => {
    const moby = await startMoby(() => ({ text: ['Hello.'] }));
    const { page: stranger, faults } = await visit();
    await stranger.goto(moby.address);
    await stranger.getByText('./mobyclaw open', { exact: true }).waitFor();
    const { page } = await moby.openPage();
    expect(page.url()).toBe(`${moby.address}/`);
    expect(
      await page.evaluate('JSON.stringify([localStorage, document.cookie, history.state])'),
    ).not.toContain('moby_');
    expect((await moby.cli(['token'])).stdout).toMatch(/Chrome on Linux +page/);
    await page.getByRole('link', { name: 'Settings' }).click();
    await page
      .getByRole('listitem')
      .filter({ hasText: 'this one' })
      .getByRole('button', { name: 'Log out' })
      .click();
    await page.getByText('./mobyclaw open', { exact: true }).waitFor();
    expect((await moby.cli(['token'])).stdout).not.toContain('Chrome');
    expect(faults).toEqual([]);
  }, 240_000);

  test('a question is answered while one looks on, with the steps of tools, and a reload shows the same', async () => {
    const moby = await startMoby((request) =>
      afterTools(request)
        ? {
            text: [
              '# Done\n\n',
              'I wrote **it** down as `my_name` in @MEMORY.md:\n\n',
              '```sh\necho $HOME\n',
              '```\n',
            ],
          }
        : {
            reasoning: ['They want me to remember.'],
            toolCalls: [
              {
                id: 'call_1',
                name: 'memory_append',
                arguments: JSON.stringify({ text: `Said: ${lastUserText(request).slice(-40)}` }),
              },
            ],
          },
    );
    const { page, faults } = await moby.openPage();
    await page.evaluate(`new MutationObserver(() => {
      globalThis.firstText ??= document.querySelector('.his .text');
    }).observe(document.querySelector('#content'), { childList: true, subtree: true })`);
    await page.getByLabel('Write to Moby').fill('Remember my name is Alice');
    await page.keyboard.press('Enter');
    const answer = page.locator('.his').last();
    await answer.getByRole('heading', { name: 'Done' }).waitFor();
    await answer.locator('footer').waitFor();
    expect(await page.evaluate('firstText === document.querySelector(".his .text")')).toBe(true); // drawn once
    expect(await answer.locator('strong').textContent()).toBe('it');
    await answer.locator('pre code .hljs-variable').getByText('$HOME').waitFor();
    expect(await answer.locator('pre code').textContent()).toBe('echo $HOME');
    expect(await answer.locator('p code').textContent()).toBe('my_name');
    expect(await answer.getByRole('link', { name: '@MEMORY.md' }).getAttribute('href')).toBe(
      '#/memory/MEMORY.md',
    );
    await page.getByLabel('Write to Moby').fill('What is in @mem');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Tab');
    expect(await page.getByLabel('Write to Moby').inputValue()).toMatch(/^What is in @\S+\.md $/);
    await page.getByLabel('Write to Moby').fill('');
    await answer.getByText('1 step').click();
    await answer.getByText('Writing to memory').click();
    await answer.getByText('Said:').first().waitFor();
    await page.reload();
    await page.locator('.his').getByRole('heading', { name: 'Done' }).waitFor();
    expect(await page.locator('.mine .bubble').allTextContents()).toEqual(['Remember my name is Alice']);
    expect(await page.locator('.his').count()).toBe(1);
    await page.locator('header').getByText('% full').waitFor();
    await page
      .locator('header')
      .getByTitle(/^The whole conversation: .* tokens in 1 answer/)
      .waitFor();
    const again = page.locator('.his');
    await again.getByRole('button', { name: 'What he did and thought' }).click();
    await again.getByText('Thoughts').click();
    await again.getByText('They want me to remember.').waitFor();
    await again.getByText('1 step').click();
    await again.getByText('Writing to memory').click();
    await again.getByText('Said:').first().waitFor();
    expect(faults).toEqual([]);
  }, 240_000);
});
