/**
 * For platforms where `*`, `_`, `~` and backticks count at the border of a word and cannot be escaped: Slack, WhatsApp.
 */
import type { MarkupForm } from './markup.ts';

export const ZERO_WIDTH_SPACE = '\u200B';

const SIGNS = { bold: '*', italic: '_', strike: '~' };

/** What these platforms have in common. */
export const WORD_SIGNS = {
  quotePrefix: '> ',
  quotesCode: false,
  headingPrefix: () => null,
  emphasis: (kind, before, after) => wrapped(SIGNS[kind], before, after),
} satisfies Partial<MarkupForm>;

/** What a sign may touch on its outer side and still be taken for one. */
const BORDER = /^$|[\s!-/:-@[-`{-~\u200B]/u;
/** A sign of the text itself that could open or close something. */
const OPENING = /(?<![\p{L}\p{N}])([*_~`])(?=\S)/gu;
const CLOSING = /(?<=\S)([*_~`])(?![\p{L}\p{N}])/gu;

/** The opening and the closing sign, parted from letters that touch them. */
function wrapped(sign: string, before: string, after: string): readonly [string, string] {
  return [
    BORDER.test(before) ? sign : ZERO_WIDTH_SPACE + sign,
    BORDER.test(after) ? sign : sign + ZERO_WIDTH_SPACE,
  ];
}

/** The text with no pair of signs that would be taken for markup; one sign alone is left as it is. */
export function disarmed(text: string): string {
  if (!/[*_~`]/u.test(text)) return text;
  return text.replace(OPENING, `$1${ZERO_WIDTH_SPACE}`).replace(CLOSING, `${ZERO_WIDTH_SPACE}$1`);
}
