import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@mobyclaw/testkit/temporary-folder';
import { expect, it } from 'vitest';
import { dataDirectory } from '../data-directory.ts';
import { egressChecks } from './egress-check.ts';

it.each([
  [null, [['ok', /mode ask, 0 allowed/]]],
  ['allow: [a.com]\n', [['ok', /mode ask, 1 allowed/]]],
  [
    'mode: open\nallow: ["*.a.com"]\n',
    [
      ['warn', /mode open/],
      ['warn', /\*\.a\.com: whoever/],
    ],
  ],
  ['mode: ask\nalow: []\n', [['fail', /^line 2: .*before stays/]]],
] as const)('finds in %j', (text, expected) => {
  const home = temporaryFolder();
  if (text !== null) writeFileSync(join(home, 'egress.yaml'), text);
  const found = egressChecks(dataDirectory(home));
  expect(found.map(({ status, detail }) => [status, detail])).toEqual(
    expected.map(([status, detail]) => [status, expect.stringMatching(detail)]),
  );
});
