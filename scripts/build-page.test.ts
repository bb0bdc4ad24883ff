import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
// @ts-expect-error a script without types
import { buildPage } from './build-page.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

test('the page is files named by their content, compressed, and the ones that name others come last', async () => {
  const { files, firstLoadBytes } = await buildPage(ROOT, '1.2.3');
  const names = [...files.keys()];
  expect(firstLoadBytes).toBeLessThanOrEqual(60_000);
  const html = String(files.get('index.html'));
  expect(html).toContain('content="1.2.3"');
  for (const [, name = ''] of html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)) {
    expect(name).toMatch(/-[A-Z0-9]{8}\.(js|css)$/);
    expect(names).toContain(name);
    expect(names.indexOf(name)).toBeLessThan(names.indexOf('index.html'));
    expect(String(files.get('sw.js'))).toContain(`/${name}`);
    expect(gunzipSync(files.get(`${name}.gz`) ?? '')).toEqual(files.get(name));
    expect(files.has(`${name}.br`)).toBe(true);
  }
  // Nothing runs or is styled from the page itself, which its policy would refuse.
  expect(html).not.toMatch(/<style|<script>|\s(style|on\w+)=/);
});

test('a first load that has become too large fails the build and says what is large', async () => {
  await expect(buildPage(ROOT, '1.2.3', 20_000)).rejects.toThrow(
    /more than the 20000 it may be \(assets\/app-.*Load on demand/,
  );
});
