/**
 * WhatsApp's signs (https://faq.whatsapp.com/539178204879377): `*bold*`, `_italic_`, `~strike~`, inline code, quotes,
 * lists with `- ` and numbers. There are no links with a text of their own, no languages of code and no escaping.
 */

import { type MarkupForm, writeMarkup } from './markup.ts';
import type { Renderer } from './part.ts';
import { markupRenderer } from './part-renderer.ts';
import { markOf } from './styled-text.ts';
import { disarmed, WORD_SIGNS, ZERO_WIDTH_SPACE } from './word-signs.ts';

const FORM: MarkupForm = {
  ...WORD_SIGNS,
  escape(text, lineStart) {
    const escaped = disarmed(text);
    return lineStart ? escaped.replace(/^(\s*)(?=(?:>|[-*])\s)/u, `$1${ZERO_WIDTH_SPACE}`) : escaped;
  },
  code(text) {
    return text.trim() === '' || text.includes('`') ? this.escape(text, false) : `\`${text}\``;
  },
  link(mark, text) {
    return mark.bare ? text : `${this.escape(text, false)} (${mark.url})`;
  },
  pre(text) {
    if (text.trim() === '') return null;
    return `\`\`\`\n${text.replace(/`(?=``)/gu, `\`${ZERO_WIDTH_SPACE}`)}\n\`\`\``;
  },
  // A sign that touches an address becomes a part of it; code takes no other sign.
  emphasizes: (run) => markOf(run, 'code') === undefined && markOf(run, 'link') === undefined,
};

export function createWhatsAppRenderer(): Renderer {
  return markupRenderer({ bullets: ['-', '◦', '▪'], tableColumns: 36, tab: '    ' }, (runs) =>
    writeMarkup(runs, FORM),
  );
}
