/** What an owner does in a conversation: queue, change, withdraw, stop, ask again, rename, search, files, keyboard, a phone. */
import { startTranscriber } from '@mobyclaw/gateway/testing/transcriber';
import { afterTools, lastUserText, type ModelRequest } from '@mobyclaw/testkit/fake-model';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { until } from '@mobyclaw/testkit/until';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { closeBrowser } from './browser.ts';
import { type MobyWithPage, startMoby } from './moby-page.ts';

afterAll(closeBrowser);

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function wordsOf(request: ModelRequest): string {
  return lastUserText(request).split('[/moby-context]').at(-1)?.trim() ?? '';
}

/** A model that says what it was asked, and holds what is slow until the test opens the gate. */
async function withGate(): Promise<{ moby: MobyWithPage; open: () => void; asked: string[] }> {
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const asked: string[] = [];
  const moby = await startMoby((request) => {
    const words = wordsOf(request);
    asked.push(words);
    const slow = words.includes('slow');
    return {
      text: [`You said: ${words}. `, 'More. ', 'End.'],
      beforePiece: (index) => (slow && index > 0 ? gate : Promise.resolve()),
    };
  });
  return { moby, open, asked };
}

async function send(page: Page, text: string): Promise<void> {
  await page.getByLabel('Write to Moby').fill(text);
  await page.keyboard.press('Enter');
}

/** Waits for it in what Moby wrote; it is spoken to a screen reader too. */
function said(page: Page, text: string): Promise<void> {
  return page.locator('.text').getByText(text).first().waitFor();
}

describe.skipIf(!requireTool('chromium'))('a conversation', () => {
  test('what waits shows its place, can be changed and withdrawn; what is said can be stopped and asked again', async () => {
    const { moby, open, asked } = await withGate();
    const { page, faults } = await moby.openPage();
    await send(page, 'slow one');
    await said(page, 'You said: slow one');
    await send(page, 'secnd');
    await send(page, 'third');
    const second = page.locator('.mine', { hasText: 'secnd' });
    const third = page.locator('.mine', { hasText: 'third' });
    await second.getByText('1 ahead').waitFor();
    await third.getByText('2 ahead').waitFor();
    await second.getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('textbox', { name: 'Edit' }).fill('second');
    await page.getByRole('button', { name: 'Save' }).click();
    await third.getByRole('button', { name: 'Withdraw' }).click();
    await third.getByText('Cancelled before it started.').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await said(page, 'You said: second. More. End.');
    open();
    expect(asked).toEqual(['slow one', 'second']);
    await page.locator('.his', { hasText: 'slow one' }).locator('.failure').waitFor();
    await page
      .locator('.his', { hasText: 'You said: second' })
      .getByRole('button', { name: 'Ask again' })
      .click();
    await until('asked again', async () => asked.length === 3);
    expect(asked.at(-1)).toBe('second');
    await page.locator('.his:has-text("You said: second") footer').nth(1).waitFor();
    expect(faults).toEqual([]);
  }, 240_000);

  test('a name, a search that leads to the place, commands, and a conversation of the terminal', async () => {
    const moby = await startMoby((request) => ({ text: [`You said: ${wordsOf(request)}`] }));
    await moby.cli(['run', '--session', 'work', 'The blue whale weighs 150 tonnes']);
    for (let number = 1; number <= 40; number++)
      await moby.cli(['run', '--session', 'work', `number ${number}`]);
    const { page, faults } = await moby.openPage();
    await send(page, 'hello');
    await said(page, 'You said: hello');
    await page.getByRole('button', { name: 'Rename' }).click();
    await page.getByLabel('Name of the conversation').fill('Greetings');
    await page.keyboard.press('Enter');
    await page.locator('.session-list').getByText('Greetings').waitFor();
    await page.getByLabel('Write to Moby').fill('/status');
    await page.keyboard.press('Enter');
    await page.locator('.note').getByText('/status').waitFor();
    await page.getByLabel('Search all conversations').fill('whale');
    await page.locator('.snippet').first().click();
    const hit = page.locator('.message.found');
    await hit.waitFor();
    await until('the hit in sight', () => hit.evaluate((node) => node.getBoundingClientRect().top > 0));
    expect(await hit.textContent()).toContain('blue whale');
    await page.getByRole('heading', { level: 1, name: 'The blue whale' }).waitFor();
    await page.getByRole('button', { name: 'To the latest message' }).click();
    await said(page, 'You said: number 40');
    await send(page, 'and here?');
    await said(page, 'You said: and here?');
    expect((await moby.cli(['history', 'cli:work'])).stdout).toContain('and here?');
    expect(faults).toEqual([]);
  }, 240_000);

  test('files go along, are shown, and come back as they were; what is spoken goes along as words', async () => {
    const transcriber = await startTranscriber('Water the plants');
    const moby = await startMoby(
      (request) => ({ text: [wordsOf(request) === 'Water the plants' ? 'Watered.' : 'I see.'] }),
      { env: transcriber.env },
    );
    const { page, faults } = await moby.openPage();
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles([
        { name: 'cat.png', mimeType: 'image/png', buffer: Buffer.from(PIXEL, 'base64') },
        { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('some notes') },
      ]);
    await page.locator('.picked').getByText('notes.txt').waitFor();
    await send(page, 'look at these');
    await said(page, 'I see.');
    const picture = page.locator('.files img');
    await picture.waitFor();
    await until('the picture', () =>
      picture.evaluate((node) => (node as { naturalWidth?: number }).naturalWidth === 1),
    );
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('a.file').click()]);
    expect(download.suggestedFilename()).toBe('notes.txt');
    const stream = await download.createReadStream();
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(text).toBe('some notes');

    await page.context().grantPermissions(['microphone'], { origin: moby.address });
    await page.getByRole('button', { name: 'Record a voice message' }).click();
    await page.locator('.recording').getByText('0:01').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Record a voice message' }).click();
    await page.locator('.recording').getByText('0:01').waitFor();
    await page.locator('.recording').getByRole('button', { name: 'Send' }).click();
    await said(page, 'Watered.');
    expect((await page.locator('.mine .bubble').last().textContent())?.trim()).toBe('Water the plants');
    expect(transcriber.heard).toHaveLength(1); // the other one was discarded
    expect(transcriber.heard[0]).toContain('filename="voice.webm"');
    expect(transcriber.heard[0]?.length).toBeGreaterThan(1000);
    expect(faults).toEqual([]);
  }, 240_000);

  test('what Moby asks is answered in the page, and the answer goes on', async () => {
    const moby = await startMoby(
      (request) =>
        afterTools(request)
          ? { text: ['It is written.'] }
          : { toolCalls: [{ id: 'call_1', name: 'memory_append', arguments: '{"text":"Alice likes tea"}' }] },
      { permissions: 'permissions:\n  ask: [memory_append]\n' },
    );
    const { page, faults } = await moby.openPage();
    await send(page, 'remember it');
    const card = page.locator('.question');
    await card.getByRole('button', { name: 'Once' }).waitFor();
    await card.getByRole('button', { name: 'Once' }).click();
    await said(page, 'It is written.');
    await page.locator('.question.settled', { hasText: 'Allowed once by the owner on the page' }).waitFor();
    expect(faults).toEqual([]);
  }, 240_000);

  test('what is typed survives a reload; by the keyboard alone one gets everywhere', async () => {
    const moby = await startMoby(() => ({ text: ['Yes.'] }));
    const { page } = await moby.openPage();
    await page.keyboard.type('half a thought');
    await Promise.all([page.waitForResponse('**/api/voice'), page.reload()]);
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
    // Nothing can listen here.
    expect(await page.getByRole('button', { name: 'Record a voice message' }).count()).toBe(0);
    await until(
      'the draft',
      async () => (await page.getByLabel('Write to Moby').inputValue()) === 'half a thought',
    );
    await page.getByLabel('Write to Moby').press('Enter');
    await said(page, 'Yes.');
    await page.getByText('Skip to the conversation').focus();
    const reached = new Set<string>();
    for (let key = 0; key < 30; key++) {
      await page.keyboard.press('Tab');
      reached.add(
        await page.evaluate(
          '(document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent).trim().slice(0, 40)',
        ),
      );
    }
    for (const name of [
      'Settings',
      'Search all conversations',
      'New conversation',
      'half a thought',
      'Rename',
      'Copy text',
      'Write to Moby',
    ])
      expect([...reached].join('|')).toContain(name);
    expect(await page.locator('[aria-live=polite]').textContent()).toContain('Yes.');
  }, 240_000);

  test('on a phone of 360 px, in the dark, nothing is wider than the screen', async () => {
    const wide = [
      `| a | long | table | with | columns |\n|---|---|---|---|---|\n| ${'x'.repeat(80)} | b | c | d | e |\n\n`,
      `\`\`\`\n${'y'.repeat(300)}\n\`\`\`\n\n`,
      'z'.repeat(300),
      '\n\nمرحبا بالعالم\n',
    ];
    const moby = await startMoby(() => ({ text: wide }));
    const phone = {
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      isMobile: true,
      colorScheme: 'dark',
    } as const;
    const { page, faults } = await moby.openPage(phone);
    await page.getByLabel('Write to Moby').fill('w'.repeat(200));
    await page.getByRole('button', { name: 'Send' }).tap();
    await page.locator('.his footer').waitFor();
    const fits =
      '[document.documentElement.scrollWidth, document.querySelector(".scroller, .sheet").scrollWidth]';
    expect(await page.evaluate(fits)).toEqual([360, 360]);
    const small = await page.evaluate(
      '[...document.querySelectorAll("button, a, textarea")].filter((n) => n.checkVisibility() && n.getBoundingClientRect().height < 24 && !n.closest(".text")).map((n) => n.outerHTML)',
    );
    expect(small).toEqual([]);
    expect(
      await page
        .locator('.text p')
        .last()
        .evaluate((node) => [node.getAttribute('dir'), node.matches(':dir(rtl)')]),
    ).toEqual(['auto', true]);
    await page.getByRole('button', { name: 'Menu' }).tap();
    await page.getByRole('link', { name: 'Settings' }).tap();
    await page.getByText('this one').waitFor();
    expect(await page.evaluate(fits)).toEqual([360, 360]);
    expect(faults).toEqual([]);
  }, 240_000);
});
