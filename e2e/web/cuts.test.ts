/**
 * Answers that are cut in the middle: the network goes, the page is loaded anew or frozen, another tab looks on, the gateway is killed.
 * What the page shows at the end is what is stored: nothing lost, nothing doubled. `MOBYCLAW_CUTS=200` makes more of them,
 * `MOBYCLAW_SEED` others.
 */
import { lastUserText } from '@mobyclaw/testkit/fake-model';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { until } from '@mobyclaw/testkit/until';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { closeBrowser } from './browser.ts';
import { cuttableLine } from './cuttable-line.ts';
import { startMoby } from './moby-page.ts';

const CUTS = Number(process.env.MOBYCLAW_CUTS ?? 24);
const SEED = Number(process.env.MOBYCLAW_SEED ?? 14);
const PIECES = 60;
const KINDS = [
  'network',
  'reload',
  'freeze',
  'second tab',
  'kill',
  'offline while sending',
  'network',
] as const;

afterAll(closeBrowser);

/** Park and Miller's generator: the same cuts each time. */
function seeded(seed: number): () => number {
  let state = seed % 2_147_483_647 || 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Counts in the page how many signs of answers were drawn, and how many answers were taken off. */
const COUNT_DRAWN = `
  globalThis.drawn = 0;
  const counted = new WeakSet();
  new MutationObserver((records) => {
    for (const { target, addedNodes } of records) {
      if (!target.closest?.('.his .text')) continue; // the document has none
      for (const added of addedNodes) {
        const texts = document.createTreeWalker(added, NodeFilter.SHOW_TEXT);
        for (let node = texts.currentNode; node; node = texts.nextNode()) {
          if (node.nodeType !== Node.TEXT_NODE || counted.has(node)) continue;
          counted.add(node);
          drawn += node.data.length;
        }
      }
    }
  }).observe(document, { childList: true, subtree: true });`;

/** Also what is scrolled away and not drawn. */
async function shown(page: Page): Promise<{ questions: string[]; answers: string[] }> {
  const texts = async (selector: string): Promise<string[]> =>
    (await page.locator(selector).allTextContents()).map((text) => text.trim());
  return { questions: await texts('.mine .bubble'), answers: await texts('.his .text') };
}

/** All of a stretch of the history up to this question is shown, once and in order, and its answer is part of the history. */
async function answered(page: Page, last: number): Promise<void> {
  await until(
    `the answer to question ${last}`,
    async () => {
      const { questions, answers } = await shown(page);
      const first = last - questions.length + 1;
      const ended = await page.locator('.his:has(footer)').count();
      return (
        questions.length > 0 &&
        questions.every((question, index) => question === `question ${first + index}`) &&
        [0, 1].includes(answers.length - questions.length) && // a page of the history may begin with an answer
        answers.at(-1)?.startsWith(`question ${last} `) === true &&
        ended === answers.length
      );
    },
    60_000,
  );
}

describe.skipIf(!requireTool('chromium'))('cuts', () => {
  test(
    `${CUTS} cuts in mid-answer: the text is the same, nothing is lost, nothing is doubled`,
    async () => {
      const random = seeded(SEED);
      const moby = await startMoby((request) => {
        const question = lastUserText(request).match(/question \d+/)?.[0] ?? 'nothing';
        const text = Array.from({ length: PIECES }, (_, index) => `${question} word-${index} `);
        return {
          text: [...text, 'end.'],
          beforePiece: () => new Promise((resolve) => setTimeout(resolve, 4)),
        };
      });
      const line = await cuttableLine(moby.port);
      const { page, faults } = await moby.openPage({}, line.port);
      const context = page.context();
      const devtools = await context.newCDPSession(page);
      await context.addInitScript(COUNT_DRAWN);
      await page.evaluate(COUNT_DRAWN);
      for (let cut = 1; cut <= CUTS; cut++) {
        const any = Math.floor(random() * KINDS.length);
        const kind = KINDS[cut <= KINDS.length ? cut - 1 : any] as (typeof KINDS)[number]; // each of them at first
        const at = 1 + Math.floor(random() * (PIECES - 10));
        const drawnBefore = await page.evaluate<number>('drawn');
        if (kind === 'offline while sending') line.down();
        await page.getByLabel('Write to Moby').fill(`question ${cut}`);
        await page.keyboard.press('Enter');
        if (kind === 'offline while sending') {
          await page.getByText('Kept here until Moby answers').waitFor();
          if (random() < 0.5) await page.getByText(`question ${cut}`, { exact: true }).last().waitFor();
          line.up();
        } else {
          await page
            .getByText(new RegExp(`question ${cut} word-${at}\\b`))
            .first()
            .waitFor({ timeout: 60_000 });
          if (kind === 'network') {
            line.down();
            await page.getByText('No connection.').waitFor();
            line.up();
          } else if (kind === 'freeze') {
            // As a phone does it: the tab stands still, its connection dies, and the answer ends meanwhile.
            await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
            line.down();
            await until('the end without a reader', async () => {
              const { body } = await moby.call('GET', '/api/sessions/web:main/messages?limit=1');
              return body.items[0]?.text.startsWith(`question ${cut} word-0 `);
            });
            line.up();
            await devtools.send('Page.setWebLifecycleState', { state: 'active' });
          } else if (kind === 'reload') await page.reload();
          else if (kind === 'kill') process.kill(moby.pid('gateway'), 'SIGKILL');
          else {
            const other = await context.newPage();
            await other.goto(`http://127.0.0.1:${line.port}/`);
            await answered(other, cut);
            const [here, there] = [await shown(page), await shown(other)];
            expect([cut, kind, there.answers.at(-1)]).toEqual([cut, kind, here.answers.at(-1)]);
            await other.close();
          }
        }
        await answered(page, cut).catch(async (error: unknown) => {
          throw new Error(`cut ${cut} (${kind}): ${JSON.stringify(await shown(page)).slice(-600)}`, {
            cause: error,
          });
        });
        if (kind === 'network') {
          const signs = await page.evaluate<number>(
            `[...document.querySelectorAll('.his .text')].at(-1).textContent.length`,
          );
          expect([cut, (await page.evaluate<number>('drawn')) - drawnBefore]).toEqual([cut, signs]);
        }
      }
      const token = moby.token();
      const stored = await fetch(`${moby.address}/api/sessions/web:main/messages?limit=1000`, {
        headers: { authorization: `Bearer ${token}` },
      }).then((response) => response.json() as Promise<{ items: { role: string; text: string }[] }>);
      const texts = (role: string): string[] =>
        stored.items.filter((message) => message.role === role).map(({ text }) => text.trim());
      for (const older = page.getByRole('button', { name: 'Older messages' }); await older.count(); ) {
        const before = (await shown(page)).questions.length;
        await older.click();
        await until('older messages', async () => (await shown(page)).questions.length > before);
      }
      const { questions, answers } = await shown(page);
      expect(questions).toEqual(Array.from({ length: CUTS }, (_, index) => `question ${index + 1}`));
      expect(texts('user')).toEqual(questions);
      expect(answers).toEqual(texts('assistant'));
      for (const answer of answers) expect(answer).toMatch(/end\.$/);
      expect(faults).toEqual([]);
    },
    60_000 + CUTS * 20_000,
  );
});
