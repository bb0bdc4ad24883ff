/**
 * Slack's mrkdwn (https://api.slack.com/docs/message-formatting). `&`, `<` and `>` are escaped, which also leaves no
 * way to a mention such as `<!channel>`. Nothing else can be escaped: where a text would be taken for markup, a
 * zero-width space parts it; and since signs count only at the border of a word, one stands between sign and letter.
 */

import { type MarkupForm, writeMarkup } from './markup.ts';
import type { Renderer } from './part.ts';
import { markupRenderer } from './part-renderer.ts';
import { disarmed, WORD_SIGNS, ZERO_WIDTH_SPACE } from './word-signs.ts';

const FORM: MarkupForm = {
  ...WORD_SIGNS,
  escape(text, lineStart) {
    const escaped = entities(disarmed(text));
    return lineStart ? escaped.replace(/^(\s*)(?=&gt;)/u, `$1${ZERO_WIDTH_SPACE}`) : escaped;
  },
  code(text) {
    return text.trim() === '' || text.includes('`') ? this.escape(text, false) : `\`${entities(text)}\``;
  },
  link(mark, text) {
    const url = entities(mark.url);
    if (mark.bare && mark.url === text) return `<${url}>`;
    return `<${url}|${entities(text.replaceAll('|', '¦'))}>`;
  },
  pre(text) {
    if (text.trim() === '') return null;
    return `\`\`\`\n${entities(text.replace(/`(?=``)/gu, `\`${ZERO_WIDTH_SPACE}`))}\n\`\`\``;
  },
  emphasizes: () => true,
};

function entities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export function createSlackRenderer(): Renderer {
  return markupRenderer({ bullets: ['•', '◦', '▪'], tableColumns: 64, tab: '\t' }, (runs) =>
    writeMarkup(runs, FORM),
  );
}
