/** A shorter pass in Debian's Firefox ESR, by WebDriver BiDi: in, an answer, a reload, a second tab, a message that waits for its line. */
import { execFileSync } from 'node:child_process';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { until } from '@mobyclaw/testkit/until';
import puppeteer, { type Page } from 'puppeteer-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { cuttableLine } from './cuttable-line.ts';
import { startMoby } from './moby-page.ts';

describe.skipIf(!requireTool('firefox-esr'))('the page in Firefox', () => {
  test('lets in, answers live, shows the same after a reload and in a second tab, and sends what waited once', async () => {
    const moby = await startMoby(() => ({ text: ['Some ', '**bold** ', 'and <b>plain</b> words.'] }));
    const line = await cuttableLine(moby.port);
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: execFileSync('sh', ['-c', 'command -v firefox-esr'], { encoding: 'utf8' }).trim(),
    });
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (/Content-Security-Policy/i.test(message.text())) faults.push(message.text());
    });
    // Whoever was here before is not led to the first steps.
    await page.evaluateOnNewDocument(
      "if (location.protocol === 'http:') localStorage.setItem('start', 'seen')",
    );
    const code = (await moby.cli(['open', '--print'])).stdout.trim();
    await page.goto(code.replace(`:${moby.port}/`, `:${line.port}/`));
    await page.locator('.composer textarea').fill('one');
    expect(page.url()).toBe(`http://127.0.0.1:${line.port}/`);
    await page.keyboard.press('Enter');
    await answered(page, 1);
    await page.reload();
    await answered(page, 1);

    line.down();
    await page.locator('.composer textarea').fill('two');
    await page.keyboard.press('Enter');
    await until('the message waits', () => has(page, 'Kept here until Moby answers'));
    line.up();
    await answered(page, 2);
    const other = await browser.newPage();
    await other.goto(`http://127.0.0.1:${line.port}/`);
    await answered(other, 2);
    expect(await texts(other, '.mine .bubble')).toEqual(['one', 'two']);
    expect(await texts(page, '.mine .bubble')).toEqual(['one', 'two']);
    expect(await texts(page, '.his strong')).toEqual(['bold', 'bold']);
    expect(await texts(page, '.his b')).toEqual([]);
    expect(faults).toEqual([]);
  }, 180_000);
});

function texts(page: Page, selector: string): Promise<string[]> {
  return page.evaluate(
    `[...document.querySelectorAll(${JSON.stringify(selector)})].map((node) => node.textContent.trim())`,
  ) as Promise<string[]>;
}

async function has(page: Page, text: string): Promise<boolean> {
  return (await texts(page, 'main')).join('').includes(text);
}

/** So many answers are whole. */
function answered(page: Page, count: number): Promise<unknown> {
  return until(
    `${count} answers`,
    async () => {
      const [answers, ended] = [await texts(page, '.his .text'), await texts(page, '.his footer')];
      return (
        answers.length === count &&
        ended.length === count &&
        answers.every((text) => text === 'Some bold and <b>plain</b> words.')
      );
    },
    60_000,
  );
}
