import { expect, test } from 'vitest';
import { decodeText } from './memory-file.ts';
import { soulProblem } from './soul/soul-syntax.ts';

const SOUL = 'agents:\r\n  root: { model: offline/x }\r\n';

test.each(['utf8', 'utf16le'] as const)(
  'a file of the owner in %s with a mark is read as it was written',
  (encoding) => {
    expect(decodeText(Buffer.from('\uFEFF## Tea\r\n- green', encoding), 'MEMORY.md')).toBe(
      '## Tea\r\n- green',
    );
    expect(soulProblem(Buffer.from(`\uFEFF${SOUL}`, encoding))).toBeNull();
  },
);

test('one without a mark is named, with what to do', () => {
  expect(() => decodeText(Buffer.from('tea', 'utf16le'), 'MEMORY.md')).toThrow(
    /MEMORY\.md holds zero bytes.*save it as UTF-8/,
  );
  expect(soulProblem(Buffer.from(SOUL, 'utf16le'))?.message).toMatch(/soul\.yaml holds zero bytes/);
});
