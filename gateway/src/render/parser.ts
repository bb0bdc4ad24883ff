/**
 * Markdown (CommonMark with the tables, strikethrough, footnotes and task lists of GitHub) to a syntax tree.
 *
 * Left out on purpose: HTML, which no messenger shows, so that it stays text and the Markdown around it is still read;
 * headings by underlining, which a streamed list or rule looks like for a moment; one-tilde strikethrough, since
 * "~5 or ~6" means about; and GitHub's bare addresses, whose parser takes seconds for kilobytes of some input: those
 * are found in `links.ts`.
 */
import type { RootContent } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFootnoteFromMarkdown } from 'mdast-util-gfm-footnote';
import { gfmStrikethroughFromMarkdown } from 'mdast-util-gfm-strikethrough';
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table';
import { gfmTaskListItemFromMarkdown } from 'mdast-util-gfm-task-list-item';
import { gfmFootnote } from 'micromark-extension-gfm-footnote';
import { gfmTable } from 'micromark-extension-gfm-table';
import { gfmTaskListItem } from 'micromark-extension-gfm-task-list-item';
import { emphasis } from './emphasis.ts';
import { BARE_ADDRESS } from './links.ts';
import type { Chunk } from './source.ts';

const OPTIONS = {
  extensions: [
    gfmTable(),
    ...emphasis(),
    gfmFootnote(),
    gfmTaskListItem(),
    { disable: { null: ['setextUnderline', 'htmlFlow', 'htmlText'] } },
  ],
  mdastExtensions: [
    gfmTableFromMarkdown(),
    gfmStrikethroughFromMarkdown(),
    gfmFootnoteFromMarkdown(),
    gfmTaskListItemFromMarkdown(),
  ],
};

/** Stands for an underscore of a bare address while the text is parsed; `cleanSource` lets no other through. */
const UNDERSCORE = '\uFDD0';

/** Never throws: what the parser cannot take is one paragraph of plain text. */
export function parseChunk(chunk: Chunk): RootContent[] {
  if (!chunk.verbatim) {
    try {
      const text = chunk.definitions === '' ? chunk.text : `${chunk.text}\n\n${chunk.definitions}`;
      const source = protectAddresses(text);
      const { children } = fromMarkdown(source, OPTIONS);
      if (source !== text) restoreAddresses(children);
      return children.filter((node) => (node.position?.start.offset ?? 0) < chunk.text.length);
    } catch (error) {
      // RangeError: nested deeper than the stack. Anything else is a fault of the parser's, and the text matters more.
      if (!(error instanceof Error)) throw error;
    }
  }
  return [{ type: 'paragraph', children: [{ type: 'text', value: chunk.text }] }];
}

/** So that `/__init__.py` in a bare address is not taken for emphasis. */
function protectAddresses(text: string): string {
  if (!text.includes('://')) return text;
  return text.replace(BARE_ADDRESS, (address) => address.replace(/_(?=[\w/%#?&=-])/gu, UNDERSCORE));
}

function restoreAddresses(nodes: unknown[]): void {
  for (const node of nodes) {
    if (typeof node !== 'object' || node === null) continue;
    for (const [key, value] of Object.entries(node)) {
      if (typeof value === 'string') Object.assign(node, { [key]: value.replaceAll(UNDERSCORE, '_') });
      else if (Array.isArray(value)) restoreAddresses(value);
    }
  }
}
