import { expect, it } from 'vitest';
import { visibleJson, visibleText } from './visible-text.ts';

const HOSTILE = '\u001b[2J\u0007a\tb\nc\u202ed\u200be\u009bf\ufeff\u{e0041}\r';

it('writes out what steers a terminal, and what nobody sees', () => {
  expect(visibleText(HOSTILE)).toBe(
    '\\u{001B}[2J\\u{0007}a\tb\nc\\u{202E}d\\u{200B}e\\u{009B}f\\u{FEFF}\\u{E0041}\\u{000D}',
  );
});

it('keeps what a JSON says', () => {
  const json = JSON.stringify({ x: HOSTILE }, null, 2);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be left
  expect(visibleJson(json)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u200b\ufeff]/);
  expect(JSON.parse(visibleJson(json))).toEqual({ x: HOSTILE });
});

it('writes out what looks like a space, or like nothing, though it is a letter or a mark', () => {
  expect(visibleText('a\u3164b\u2800c\u034fd\ufe0fe')).toBe('a\\u{3164}b\\u{2800}c\\u{034F}d\\u{FE0F}e');
  expect(visibleText('❤\ufe0f é ü 日本')).toBe('❤\ufe0f é ü 日本');
});
