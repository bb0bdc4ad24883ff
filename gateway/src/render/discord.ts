/**
 * Discord's Markdown (https://support.discord.com/hc/en-us/articles/210298617). Any sign of punctuation can be escaped
 * by a backslash; mentions cannot, for the server reads them before any Markdown, so a zero-width space parts them.
 */

import { type MarkupForm, writeMarkup } from './markup.ts';
import type { Renderer } from './part.ts';
import { markupRenderer } from './part-renderer.ts';

const ZERO_WIDTH_SPACE = '\u200B';
const WORD = /[\p{L}\p{N}_]/u;

const FORM: MarkupForm = {
  quotePrefix: '> ',
  quotesCode: true,
  headingPrefix: (depth) => (depth <= 3 ? `${'#'.repeat(depth)} ` : null),
  emphasis(kind, before, after) {
    if (kind === 'bold') return ['**', '**'];
    if (kind === 'strike') return ['~~', '~~'];
    // Underscores nest better with bold, but only asterisks work inside of a word.
    return WORD.test(before) || WORD.test(after) ? ['*', '*'] : ['_', '_'];
  },
  escape(text, lineStart) {
    const escaped = unmentioned(text.replace(/[\\*_~`|<]/gu, '\\$&').replace(/\](?=\()/gu, '\\]'));
    if (!lineStart) return escaped;
    return escaped
      .replace(/^(\s*)(#{1,3}(?=\s)|-#|>|[-+](?=\s))/u, '$1\\$2')
      .replace(/^(\s*\d+)([.)])(?=\s)/u, '$1\\$2');
  },
  code(text) {
    if (text.trim() === '') return text;
    if (!text.includes('`')) return `\`${text}\``;
    if (/(?<!`)``(?!`)|```/u.test(text)) return this.escape(text, false);
    return `\`\`${text.startsWith('`') ? ' ' : ''}${text}${text.endsWith('`') ? ' ' : ''}\`\``;
  },
  link(mark, text, after) {
    if (!mark.bare)
      return `[${this.escape(text, false).replace(/[[\]]/gu, '\\$&').replaceAll('\\\\]', '\\]')}](${mark.url})`;
    // What follows at once could be taken for a part of the address.
    return /^$|\s/u.test(after) && /^https?:/iu.test(text) ? text : `<${mark.url}>`;
  },
  pre(text, language) {
    if (text.trim() === '') return null;
    return `\`\`\`${language}\n${text.replace(/`(?=``)/gu, `\`${ZERO_WIDTH_SPACE}`)}\n\`\`\``;
  },
  emphasizes: () => true,
};

function unmentioned(text: string): string {
  return text
    .replace(/@(?=everyone|here)/gu, `@${ZERO_WIDTH_SPACE}`)
    .replace(/<(?=[@#][!&]?\d|a?:\w+:\d|t:-?\d|\/[\w -]+:\d|id:)/gu, `<${ZERO_WIDTH_SPACE}`);
}

export function createDiscordRenderer(): Renderer {
  return markupRenderer({ bullets: ['-'], tableColumns: 56, tab: '\t' }, (runs) => writeMarkup(runs, FORM));
}
