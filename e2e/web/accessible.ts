/** What every view promises to everybody who uses it: no serious fault, nothing wider than a small phone, all by the keyboard. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** @returns the serious and critical faults that axe-core finds, each with where it is */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ': ' + nodes.map(({ html, any }) => html.slice(0, 160) + ' ' + (any[0]?.message ?? '')).join(' | ')))`);
}

/** @returns what is wider than the screen: the page, or its scroller */
export function widerThanScreen(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('html, .scroller, .sheet')]
    .filter((node) => node.scrollWidth > innerWidth || node.scrollWidth > node.clientWidth)
    .map((node) => node.tagName + '.' + node.className + ' ' + node.scrollWidth)`);
}

/** Presses Tab until what has the focus is called so. @throws where it is not reached */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const reached: string[] = [];
  for (let key = 0; key < 120; key++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate<string>(
      `(() => { const node = document.activeElement; return (node.getAttribute('aria-label') ?? node.labels?.[0]?.textContent ?? node.textContent ?? '').trim(); })()`,
    );
    if (typeof name === 'string' ? focused === name : name.test(focused)) return;
    reached.push(focused.slice(0, 40));
  }
  throw new Error(`Tab does not lead to ${String(name)}, but to ${reached.join(' | ')}`);
}

export const PHONE = {
  viewport: { width: 360, height: 740 },
  hasTouch: true,
  isMobile: true,
} as const;

export const DARK_PHONE = { ...PHONE, colorScheme: 'dark' } as const;
