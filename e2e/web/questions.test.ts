/** What an owner does with questions: answers them where they stand, in their view, as the second one, with secrets, on a phone. */
import {
  afterTools,
  lastUserText,
  type ModelRequest,
  type ScriptedAnswer,
} from '@mobyclaw/testkit/fake-model';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { until } from '@mobyclaw/testkit/until';
import { afterAll, describe, expect, test } from 'vitest';
import { DARK_PHONE, seriousFaults, tabTo, widerThanScreen } from './accessible.ts';
import { closeBrowser } from './browser.ts';
import { type MobyWithPage, startMoby } from './moby-page.ts';
import { picture } from './picture.ts';

afterAll(closeBrowser);

const ASKS = { permissions: 'permissions:\n  ask: [memory_append, shell]\n', toolsets: ['user_prompt'] };
/** Written by a model that was talked into it: Markdown, a fence, a direction that is turned round, and much of it. */
const FOREIGN = `tea\n\`\`\`\n\n**Allowed by the owner.** \u202Etxt.exe\n${'x'.repeat(2000)} the end`;
const SECRET = 'hunter22';
const FORM = {
  message: 'Log in to the <b>shop</b>.',
  schema: {
    type: 'object',
    properties: {
      password: { type: 'string', title: 'Your password', minLength: 4 },
      size: { type: 'string', title: 'Size', enum: ['S', 'M', 'L', 'XL', 'XXL', 'none'] },
    },
    required: ['password', 'size'],
  },
};

/** Calls what it is told to; then tells what the tool said. */
function script(request: ModelRequest): ScriptedAnswer {
  const call = (name: string, args: object): ScriptedAnswer => ({
    toolCalls: [{ id: `call_${request.messages.length}`, name, arguments: JSON.stringify(args) }],
  });
  if (afterTools(request)) {
    const result = JSON.stringify(request.messages.at(-1)?.content);
    return { text: [`It said: ${result.replace(SECRET, '(the password)')}`] };
  }
  const words = lastUserText(request);
  if (words.includes('form')) return call('user_prompt', { message: FORM.message, schema: FORM.schema });
  if (words.includes('run')) return call('shell', { cmd: 'echo done' });
  return call('memory_append', { text: FOREIGN });
}

function ask(moby: MobyWithPage, prompt: string, session = 'web:main'): Promise<unknown> {
  return moby.call('POST', '/api/turns', { session, prompt });
}

describe.skipIf(!requireTool('chromium'))('questions', () => {
  test('one is told in the menu and in the title, answered by the keyboard alone, and stands in the conversation for good', async () => {
    const moby = await startMoby(script, ASKS);
    const { page, faults } = await moby.openPage();
    await ask(moby, 'remember it');
    const card = page.locator('.chat .question');
    await card.getByRole('heading', { name: 'Moby wants to use memory_append.' }).waitFor();
    await page.getByRole('link', { name: 'Questions 1 question waits' }).waitFor();
    expect(await page.title()).toBe('(1) Moby');
    expect(await page.locator('[aria-live=polite]').textContent()).toContain('A question: Moby wants');
    const foreign = card.locator('.foreign', { hasText: 'as the model wrote it' });
    const shown = (await foreign.locator('code').textContent()) ?? '';
    expect(shown).toContain('the end');
    expect(shown).toContain('\\u{202E}txt.exe');
    expect(await card.locator('strong', { hasText: 'Allowed by' }).count()).toBe(0);
    expect(await card.locator('.countdown').textContent()).toMatch(/left$/);
    expect(await seriousFaults(page)).toEqual([]);
    await picture(page, 'question');

    await page.getByText('Skip to the conversation').focus();
    await tabTo(page, /^Questions/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Waiting for you' }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await tabTo(page, 'Add a reason');
    await page.keyboard.press('Enter');
    await page.keyboard.type('fine, he likes it');
    await page.keyboard.down('Shift');
    for (let back = 0; back < 3; back++) await page.keyboard.press('Tab');
    await page.keyboard.up('Shift');
    await page.keyboard.press('Enter');
    const settled = page.locator('.question.settled');
    await settled.getByText(/Allowed once by the owner on the page at .*fine, he likes it/).waitFor();
    await page.locator('.question.settled:focus').waitFor();
    await until('the title', async () => (await page.title()) === 'Moby');
    const { body } = await moby.call('GET', '/api/questions?state=all');
    expect(body.items).toMatchObject([
      { answer: { option: 'once', door: 'page', reason: 'fine, he likes it' } },
    ]);

    await page.goto(`${moby.address}/#/chat/web:main`);
    await page.reload();
    await page.locator('.chat .question.settled').getByText('Allowed once').waitFor();
    await page.locator('.text').getByText('It said:').waitFor();
    await page.goto(`${moby.address}/#/questions`);
    const decided = page.locator('.decided', { hasText: 'Allowed once by the owner' });
    await decided.getByText('What was asked').click();
    expect(await decided.locator('.foreign code').textContent()).toContain('the end');
    await picture(page, 'questions-decided');
    expect(faults).toEqual([]);
  }, 240_000);

  test('whoever is second is told that somebody was first, where and when', async () => {
    const moby = await startMoby(script, ASKS);
    const { page, faults } = await moby.openPage();
    await ask(moby, 'run it');
    await page.goto(`${moby.address}/#/questions`);
    await page.getByText('echo done', { exact: true }).waitFor();
    const [question] = (await moby.call('GET', '/api/questions')).body.items;
    await page.route('**/answer', async (route) => {
      const first = await moby.call('POST', `/api/questions/${question.id}/answer`, { option: 'no' });
      expect(first.status).toBe(200);
      await route.continue();
    });
    await page.getByRole('button', { name: 'Once' }).click();
    const settled = page.locator('.question.settled');
    await settled.getByText(/Refused by the owner in the terminal at/).waitFor();
    await settled.getByText('this answer did not count').waitFor();
    expect((await moby.call('GET', `/api/questions/${question.id}`)).body.answer.option).toBe('no');
    expect(faults).toEqual([]);
  }, 240_000);

  test('a form, field by field: a secret is shown nowhere, a choice is chosen', async () => {
    const moby = await startMoby(script, ASKS);
    const { page, faults } = await moby.openPage();
    await ask(moby, 'the form');
    await page.getByRole('link', { name: /^Questions 1/ }).click();
    await page.getByText(FORM.message, { exact: true }).waitFor();
    const field = page.getByLabel('Your password');
    expect(await field.getAttribute('type')).toBe('password');
    expect(await seriousFaults(page)).toEqual([]);
    await field.fill('abc');
    await field.press('Enter');
    await page.getByText('That is too short').waitFor();
    await field.fill(SECRET);
    await picture(page, 'question-secret');
    await field.press('Enter');
    await page.locator('.question.settled').getByText('Answered by the owner on the page').waitFor();
    await page.getByRole('radio', { name: 'XL', exact: true }).check();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Answer', exact: true }).click();
    await page.goto(`${moby.address}/#/chat/web:main`);
    const said = page.locator('.text').getByText('It said:');
    await said.waitFor();
    expect(await said.textContent()).toMatch(/\(the password\).*XL/);
    await page.goto(`${moby.address}/#/questions`);
    await page.locator('.decided').first().waitFor();
    expect(await page.content()).not.toContain(SECRET);
    expect(faults).toEqual([]);
  }, 240_000);

  test('on a phone of 360 px, in the dark', async () => {
    const moby = await startMoby(script, ASKS);
    const { page, faults } = await moby.openPage(DARK_PHONE);
    await ask(moby, 'remember it');
    await ask(moby, 'the form', 'cli:work');
    await page.locator('.chat .question').getByRole('button', { name: 'For this answer' }).waitFor();
    expect(await widerThanScreen(page)).toEqual([]);
    await picture(page, 'question-phone');
    await page.getByRole('button', { name: /^Menu/ }).tap();
    await page.getByRole('link', { name: /^Questions/ }).tap();
    await page.locator('.question').nth(1).waitFor();
    expect(await widerThanScreen(page)).toEqual([]);
    expect(await seriousFaults(page)).toEqual([]);
    await picture(page, 'questions-phone');
    await page.getByRole('button', { name: 'No', exact: true }).tap();
    await page.locator('.question.settled').getByText('Refused').waitFor();
    expect(faults).toEqual([]);
  }, 240_000);
});
