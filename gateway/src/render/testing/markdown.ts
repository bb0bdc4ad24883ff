/** For the tests of rendering: limits as the adapters set them, and Markdown at random in which every word is known. */

import type { Platform } from '@mobyclaw/protocol/platform';
import fc from 'fast-check';
import type { TextLimit } from '../part.ts';

export const LIMITS: Readonly<Record<Platform, TextLimit>> = {
  telegram: { max: 4096, unit: 'codepoints' },
  discord: { max: 2000, unit: 'codepoints' },
  slack: { max: 3900, unit: 'utf16' },
  whatsapp: { max: 4096, unit: 'utf16' },
};

/** Words that no escaping changes; `⟦12⟧` can be found again in whatever a platform's form makes of the text. */
export function knownWords(text: string): string[] {
  return Array.from(text.matchAll(/⟦\d+⟧/gu), ([word]) => word);
}

const NOISE = fc.constantFrom(
  'word',
  '*',
  '_',
  '~~',
  '`',
  '[',
  '](',
  '<b>',
  '&amp;',
  '@everyone',
  '<@123>',
  '<!channel>',
  '👨‍👩‍👧‍👦',
  'e\u0301',
  'שלום',
  'مرحبا',
  '日本語。',
  '**日本語。**次',
  '**마크다운(Markdown)**의',
  '[⟦#⟧](http://localhost:3000/x)',
  'http://homeassistant:8123/',
  '\u0000',
  '\u001b[31m',
  '\t',
  '\\',
  '|',
  '#',
  '> ',
  '- ',
  '1. ',
  'https://a.example/b_c_(d)',
  'www.example.com',
  '$',
  '\ud83d',
);

const inline: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant('⟦#⟧') },
      { weight: 2, arbitrary: NOISE },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '**⟦#⟧ ⟦#⟧**',
          '*⟦#⟧*',
          '~~⟦#⟧~~',
          '`⟦#⟧`',
          '**a *⟦#⟧* `⟦#⟧`**',
          '[⟦#⟧ *⟦#⟧*](https://e.example/x?y=1)',
        ),
      },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 900 }).map((length) => 'x'.repeat(length)) },
    ),
    { minLength: 1, maxLength: 25 },
  )
  .map((parts) => parts.join(' '));

const block: fc.Arbitrary<string> = fc.oneof(
  inline,
  inline.map((text) => `## ${text}`),
  fc
    .array(inline, { minLength: 1, maxLength: 5 })
    .map((items) => items.map((item) => `- ${item}`).join('\n')),
  fc
    .array(inline, { minLength: 1, maxLength: 5 })
    .map((items) => items.map((item, index) => `${'  '.repeat(index)}- ${item}`).join('\n')),
  fc
    .array(inline, { minLength: 1, maxLength: 4 })
    .map((items) => items.map((item, index) => `${index + 1}. ${item}\n\n   ⟦#⟧`).join('\n')),
  fc
    .array(inline, { minLength: 1, maxLength: 3 })
    .map((lines) => lines.map((line) => `> ${line}`).join('\n> \n> > ⟦#⟧\n')),
  fc
    .array(inline, { minLength: 0, maxLength: 60 })
    .map((lines) => `\`\`\`ts\n${lines.join('\n')}\n⟦#⟧\n\`\`\``),
  fc.array(inline, { minLength: 1, maxLength: 4 }).map((lines) => `~~~\n${lines.join('\n\n')} ⟦#⟧`), // left open
  fc
    .array(
      fc.constantFrom('⟦#⟧', 'wide '.repeat(12), '`⟦#⟧`', '[⟦#⟧](https://e.example)', '**⟦#⟧**', '日本 🎉'),
      { minLength: 4, maxLength: 40 },
    )
    .map((cells) => `| ⟦#⟧ | b |\n|---|:-:|\n${cells.map((cell) => `| ${cell} | ⟦#⟧ |`).join('\n')}`),
  fc.constant('---'),
  fc.constant('⟦#⟧[^1]\n\n[^1]: ⟦#⟧ [x][y]\n\n[y]: https://y.example'),
);

/** Markdown with all that a model could write and some that it should not; its known words are numbered in order. */
export const someMarkdown: fc.Arbitrary<string> = fc
  .array(block, { minLength: 1, maxLength: 14 })
  .map((blocks) => {
    let count = 0;
    return blocks.join('\n\n').replace(/⟦#⟧/gu, () => `⟦${count++}⟧`);
  });
