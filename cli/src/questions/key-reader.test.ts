import { expect, it } from 'vitest';
import { KeyReader } from './key-reader.ts';

function reader() {
  const seen = { keys: [] as string[], lines: [] as string[], echo: '' };
  const keys = new KeyReader({
    onKey: (key) => seen.keys.push(key),
    onLine: (line) => seen.lines.push(line),
    echo: (text) => {
      seen.echo += text;
    },
  });
  return { seen, keys };
}

it('takes one key at a time, and neither a paste nor an arrow nor Escape for one', () => {
  const { seen, keys } = reader();
  for (const text of ['o', 'once', '\u001b[A', '\u001b', '\u001bOP', '\u007f', '\t', 'n\r', 'é'])
    keys.feed(text);
  expect(seen.keys).toEqual(['o', 'n', 'é']);
});

it('reads a line with its corrections, however it arrives, and echoes it', () => {
  const { seen, keys } = reader();
  keys.readLine({ hidden: false });
  for (const text of ['wrong', '\u0015', 'bl', 'ux', '\u007f', '\u001b[D', 'e👍', '\u007f', '\r', 'x'])
    keys.feed(text);
  expect(seen.lines).toEqual(['blue']);
  expect(seen.keys).toEqual(['x']);
  expect(seen.echo.replaceAll('\b \b', '')).toBe('wrongbluxe👍\n');
});

it('shows nothing of a secret, not even how long it is', () => {
  const { seen, keys } = reader();
  keys.readLine({ hidden: true });
  keys.feed('hunter\u007f2\r');
  expect(seen).toEqual({ keys: [], lines: ['hunte2'], echo: '\n' });
});
