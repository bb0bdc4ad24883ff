/** What axe finds of use of the page by everybody: in each of its states, in the light and in the dark. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterTools } from '@mobyclaw/testkit/fake-model';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { closeBrowser, visit } from './browser.ts';
import { startMoby } from './moby-page.ts';

afterAll(closeBrowser);

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** @returns what is serious or worse */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' · ')}`);
}

describe.skipIf(!requireTool('chromium'))('axe', () => {
  test.each(['light', 'dark'] as const)(
    'finds nothing serious in the %s',
    async (colorScheme) => {
      const moby = await startMoby((request) =>
        afterTools(request)
          ? {
              text: [
                '# Done\n\n',
                '- **it** is `noted`\n\n```js\n// why\nclass A extends B { x = `1` + 2; say() { return console.log(/a/, null); } }\n```\n\n',
                '```css\na.b#c { color: red; }\n```\n\n```diff\n- old\n+ new\n```\n\n```html\n<p class="a">b</p>\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n',
              ],
            }
          : {
              reasoning: ['They want me to remember.'],
              toolCalls: [{ id: 'call_1', name: 'memory_append', arguments: '{"text":"Likes tea"}' }],
            },
      );
      const { page: stranger } = await visit({ colorScheme });
      await stranger.goto(moby.address);
      await stranger.getByText('./mobyclaw open', { exact: true }).waitFor();
      expect(await findings(stranger)).toEqual([]);
      const { page } = await moby.openPage({ colorScheme });
      await page.locator('.suggestions').waitFor();
      expect(await findings(page)).toEqual([]);
      await page.getByLabel('Write to Moby').fill('Remember that I like tea');
      await page.keyboard.press('Enter');
      const answer = page.locator('.his').last();
      await answer.locator('footer').waitFor();
      await answer.getByText('1 step').click();
      await answer.locator('.hljs-name').first().waitFor();
      expect(await findings(page)).toEqual([]);
      const views: string[] = await page
        .locator('nav.views a')
        .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
      for (const view of views) {
        await page.goto(`${moby.address}/${view}`);
        await page.locator('main h1').first().waitFor();
        expect([view, await findings(page)]).toEqual([view, []]);
      }
    },
    180_000,
  );
});
