import { once } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PasteFilter, unescapePaste } from './paste-filter.ts';

async function filtered(chunks: readonly (string | Uint8Array)[]): Promise<string> {
  const filter = new PasteFilter({});
  let text = '';
  filter.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  for (const chunk of chunks) filter.write(chunk);
  filter.end();
  await once(filter, 'end');
  return text;
}

test('keys pass as they are, a lone Escape and arrow keys at once', async () => {
  expect(await filtered(['a', '\u001b', '\u001b[A', '\u001b[2~', '\r'])).toBe('a\u001b\u001b[A\u001b[2~\r');
});

test('line breaks and tabs of a paste stay in one line, and come back', async () => {
  const line = await filtered(['x\u001b[200~one\r\ntwo\n\tthree\r\u001b[201~y']);
  expect(line).toBe('xone⏎two⏎⇥three⏎y');
  expect(unescapePaste(line)).toBe('xone\ntwo\n\tthree\ny');
});

test('a paste presses no keys', async () => {
  expect(await filtered(['\u001b[200~a\u0003b\u001b[Ac\u0004\u001b[201~'])).toBe('ab[Ac');
});

test('wherever the bytes are cut', async () => {
  const bytes = Buffer.from('Grüße \u001b[200~eins\nzwei 🐋\tdrei\u001b[201~ Ende\r');
  const expected = 'Grüße eins⏎zwei 🐋⇥drei Ende\r';
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: bytes.length - 1 })), async (cuts) => {
      // A lone ESC at the end of a chunk is a key; terminals write a marker's first three bytes together.
      const at = [0, ...new Set(cuts)]
        .filter((cut) => ![1, 2].includes(cut - bytes.indexOf('\u001b[200~')))
        .sort((a, b) => a - b);
      const chunks = at.map((from, i) => bytes.subarray(from, at[i + 1] ?? bytes.length));
      expect(await filtered(chunks)).toBe(expected);
    }),
  );
});
