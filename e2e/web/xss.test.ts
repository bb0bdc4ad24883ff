/** Everything that strangers can make the page show: nothing of it runs, asks anybody, or is complained of by the policy. */
import { afterTools } from '@mobyclaw/testkit/fake-model';
import { requireTool } from '@mobyclaw/testkit/require-tool';
import { afterAll, describe, expect, test } from 'vitest';
import { closeBrowser } from './browser.ts';
import { startMoby } from './moby-page.ts';

afterAll(closeBrowser);

const RUN = 'alert(document.domain)';
const PAYLOADS: readonly string[] = [
  `<script>${RUN}</script>`,
  `<img src=x onerror=${RUN}>`,
  `<svg onload=${RUN}></svg>`,
  `<svg><script>${RUN}</script></svg>`,
  `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`,
  `<a href="javascript:${RUN}">click</a>`,
  `<form action="javascript:${RUN}"><button>go</button></form>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=${RUN}>`,
  `<details open ontoggle=${RUN}>x</details>`,
  `<link rel=stylesheet href=https://evil.example/x.css>`,
  `<meta http-equiv=refresh content="0;url=https://evil.example/">`,
  `<base href="https://evil.example/">`,
  `[click](javascript:${RUN})`,
  `[click](JaVaScRiPt:${RUN})`,
  `[click](java\tscript:${RUN})`,
  `[click](&#106;avascript:${RUN})`,
  `[click](data:text/html,<script>${RUN}</script>)`,
  `[click](vbscript:msgbox)`,
  `[click](file:///etc/passwd)`,
  `[click](blob:http://127.0.0.1/x)`,
  `[click](//evil.example/x)`,
  `[click](/api/sessions)`,
  `<javascript:${RUN}>`,
  `![x](https://evil.example/pixel.png)`,
  `![x](//evil.example/pixel.png)`,
  `![x](data:image/svg+xml,<svg onload=${RUN}>)`,
  `![x](javascript:${RUN})`,
  `![x" onerror="${RUN}](https://evil.example/p.png)`,
  `![x](/api/turns/x/files/0/../../../../evil)`,
  `![x](/api/turns/../tokens)`,
  `[x](https://evil.example/" onmouseover="${RUN})`,
  `[x](https://аpple.example/) and https://evil.example/\u202Egnp.exe`,
  `\`\`\`"><script>${RUN}</script>\ncode\n\`\`\``,
  `\`\`\`html\n<img src=x onerror=${RUN}><script>${RUN}</script>\n\`\`\``,
  `\`\`\`js\n${'`${'.repeat(400)}\n\`\`\``,
  `\`\`\`constructor\n<script>${RUN}</script>\n\`\`\``,
  `\`<img src=x onerror=${RUN}>\``,
  `| <img src=x onerror=${RUN}> | b |\n|---|---|\n| <script>${RUN}</script> | [x](javascript:${RUN}) |`,
  `# <script>${RUN}</script>`,
  `> <img src=x onerror=${RUN}>`,
  `- [x] <svg onload=${RUN}>`,
  `$$<img src=x onerror=${RUN}>$$`,
  `__proto__ constructor <x-y onclick=${RUN}>`,
  `\u2028<script>${RUN}</script>\u2029`,
  `«<img src=x onerror=${RUN}>»`,
];

describe.skipIf(!requireTool('chromium'))('what strangers write', () => {
  test('in answers, questions, steps, names, titles, searches and errors is text', async () => {
    const everything = PAYLOADS.join('\n\n');
    const moby = await startMoby((request) => {
      const asks = JSON.stringify(request.messages.findLast(({ role }) => role === 'user'));
      if (asks.includes('fail now')) return { status: 400, body: { error: { message: everything } } };
      if (afterTools(request))
        return { text: PAYLOADS.flatMap((payload) => [...(payload.match(/[\s\S]{1,7}/g) ?? []), '\n\n']) };
      const args = JSON.stringify({ text: everything });
      return {
        reasoning: [everything],
        toolCalls: [{ id: 'call_1', name: 'memory_append', arguments: args }],
      };
    });
    const { page, faults } = await moby.openPage();
    const policy: string[] = [];
    await page.exposeFunction('reportPolicy', (what: string) => policy.push(what));
    await page.evaluate(
      `addEventListener('securitypolicyviolation', (event) => reportPolicy(event.violatedDirective + ' ' + event.blockedURI))`,
    );
    const box = page.getByLabel('Write to Moby');
    await box.fill(everything);
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles([
        { name: `"><img src=x onerror=${RUN}>.txt`, mimeType: 'text/plain', buffer: Buffer.from('x') },
        {
          name: `<svg onload=${RUN}>.png`,
          mimeType: 'image/png',
          buffer: Buffer.from(
            'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
            'base64',
          ),
        },
      ]);
    await page.getByRole('button', { name: 'Send' }).click();
    const answer = page.locator('.his').last();
    await answer.locator('footer').waitFor({ timeout: 60_000 });
    await answer.locator('.code .hljs-name').first().waitFor();
    for (const summary of await answer.locator('summary').all()) await summary.click();
    await box.fill('fail now');
    await page.keyboard.press('Enter');
    await page.locator('.failure').last().waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Rename' }).click();
    await page.getByLabel('Name of the conversation').fill(`<img src=x onerror=${RUN}>`);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: `<img src=x onerror=${RUN}>` }).waitFor();
    await page.getByLabel('Search all conversations').fill('onerror');
    await page.locator('.snippet').first().waitFor();
    await page.reload();
    await page.locator('.his footer').first().waitFor();
    // What can be clicked leads to the web alone.
    const links: string[] = await page
      .locator('.his .text a')
      .evaluateAll((nodes) =>
        nodes.map((node) => node.getAttribute('href') ?? '').filter((href) => href !== ''),
      );
    expect(links.filter((href) => !/^https?:\/\//.test(href))).toEqual([]);
    const inside =
      'script, iframe, svg, style, link, form, object, embed, [onerror], [onload], [onclick], [style]';
    expect(await page.locator('.text').locator(inside).count()).toBe(0);
    expect(await page.locator('.his .text img').count()).toBe(0);
    expect(await answer.locator('.text').first().textContent()).toContain(`<script>${RUN}</script>`);
    expect(faults).toEqual([]);
    expect(policy).toEqual([]);
  }, 180_000);
});
