/**
 * What axe finds of use of the page by everybody: in each of its states, in the light and in the dark. Takes the pictures in
 * docs/pictures: `MOBYCLAW_PICTURES=docs/pictures npx vitest run e2e/web/axe.test.ts`.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterTools, lastUserText } from '@mobyclaw/testkit/fake-model';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { closeBrowser, visit } from './browser.ts';
import { startMoby } from './moby-page.ts';
import { picture } from './picture.ts';

afterAll(closeBrowser);

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const CODE = [
  '```js\n// why\nclass A extends B { x = `1` + 2; say() { return console.log(/a/, null); } }\n```\n\n',
  '```css\na.b#c { color: red; }\n```\n\n```diff\n- old\n+ new\n```\n\n```html\n<p class="a">b</p>\n```\n',
];
const ANSWER = [
  'It is in `MEMORY.md` now.\n\n',
  '## What you drink\n\n| day | drink |\n|---|---|\n| Monday to Friday | **tea** |\n| the weekend | not known yet |\n\n',
  '- You can change it in the *Memory* view.\n- In the terminal this shows it:\n\n',
  '```sh\n./mobyclaw memory search "tea"  # where it stands\n```\n',
];
const JOBS = [
  { name: 'Water the plants', cron: '0 18 * * 5', prompt: 'Remind me to water the plants' },
  { name: 'Morning brief', cron: '30 7 * * 1-5', prompt: 'Tell me what the day brings' },
];

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
      const moby = await startMoby((request) => {
        if (afterTools(request)) return { text: ANSWER };
        if (lastUserText(request).trimEnd().endsWith('in its colours')) return { text: CODE };
        return {
          reasoning: ['They want me to remember.'],
          toolCalls: [
            { id: 'call_1', name: 'memory_append', arguments: '{"text":"Drinks tea on weekdays"}' },
          ],
        };
      });
      for (const body of JOBS) await moby.call('POST', '/api/jobs', body);
      const { page: stranger } = await visit({ colorScheme });
      await stranger.goto(moby.address);
      await stranger.getByText('./mobyclaw open', { exact: true }).waitFor();
      expect(await findings(stranger)).toEqual([]);
      const { page } = await moby.openPage({ colorScheme });
      await page.locator('.suggestions').waitFor();
      expect(await findings(page)).toEqual([]);
      const say = async (text: string): Promise<void> => {
        await page.getByLabel('Write to Moby').fill(text);
        await page.keyboard.press('Enter');
      };
      await say('Show me code in its colours');
      await page.locator('.hljs-name').first().waitFor();
      await say('Remember that I drink tea on weekdays. When do I drink what?');
      const answer = page.locator('.his').nth(1);
      await answer.locator('footer').waitFor();
      await picture(page, `chat-${colorScheme}`);
      await answer.getByText('1 step').click();
      expect(await findings(page)).toEqual([]);
      const views: string[] = await page
        .locator('nav.views a')
        .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
      for (const view of views) {
        await page.goto(`${moby.address}/${view}`);
        await page.locator('main h1').first().waitFor();
        expect([view, await findings(page)]).toEqual([view, []]);
        if (view !== '#/chat') await picture(page, `${view.slice('#/'.length)}-${colorScheme}`);
      }
      await page.setViewportSize({ width: 390, height: 780 });
      await page.goto(`${moby.address}/#/chat`);
      await page.locator('.his footer').last().waitFor();
      expect(await findings(page)).toEqual([]);
      await picture(page, `phone-${colorScheme}`);
    },
    240_000,
  );
});
