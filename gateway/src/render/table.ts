/**
 * No messenger has tables. A narrow one is aligned with spaces for a monospaced block; a wide one, or one with links,
 * is told row by row as "column: value".
 */
import type { PhrasingContent, Table, TableCell } from 'mdast';
import { toString as textOf } from 'mdast-util-to-string';
import stringWidth from 'string-width';
import { findLinks } from './links.ts';

const GAP = '  ';
/** Right-to-left text: the reading order of aligned columns cannot be told from their place. */
const RIGHT_TO_LEFT = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFF]/u;

export interface TableView {
  header: TableCell[];
  rows: TableCell[][];
  /** The whole as aligned text; null where it is too wide, or would lose a link. */
  aligned: string | null;
}

/** @param columns - room of a monospaced line on a telephone of this platform */
export function viewTable(table: Table, columns: number): TableView {
  const [header, ...rows] = table.children.map((row) => row.children);
  return { header: header ?? [], rows, aligned: align(table, columns) };
}

function align(table: Table, columns: number): string | null {
  const texts = table.children.map((row) => row.children.map(cellText));
  if (texts.some((row) => row.some((text) => text === null))) return null;
  const cells = texts as string[][];
  const count = Math.max(...cells.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...cells.map((row) => stringWidth(row[column] ?? ''))),
  );
  if (widths.reduce((sum, width) => sum + width, 0) + GAP.length * (count - 1) > columns) return null;
  const lines = cells.map((row) =>
    widths
      .map((width, column) => pad(row[column] ?? '', width, table.align?.[column] ?? null))
      .join(GAP)
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '─'.repeat(width)).join(GAP));
  return lines.join('\n');
}

/** Null where the cell has more to it than one line of text. */
function cellText(cell: TableCell): string | null {
  const text = textOf(cell);
  const plain = cell.children.every(isText) && !RIGHT_TO_LEFT.test(text) && !/<br|\n/iu.test(text);
  return plain && findLinks(text, { longestUrl: 2000 }).length === 1 ? text.trim() : null;
}

function isText(node: PhrasingContent): boolean {
  if ('children' in node && (node.type === 'strong' || node.type === 'emphasis' || node.type === 'delete')) {
    return node.children.every(isText);
  }
  return node.type === 'text' || node.type === 'inlineCode';
}

function pad(text: string, width: number, alignment: 'left' | 'right' | 'center' | null): string {
  const room = width - stringWidth(text);
  const before = alignment === 'right' ? room : alignment === 'center' ? room >> 1 : 0;
  return ' '.repeat(before) + text + ' '.repeat(room - before);
}
