/**
 * From the syntax tree to styled text. Everything that the reader should see becomes text here, in the order of the
 * source; what only one platform does its own way (bullets, width of tables, tabs) is in `Look`.
 */
import type { List, ListItem, PhrasingContent, RootContent, Table, TableCell } from 'mdast';
import { toString as textOf } from 'mdast-util-to-string';
import { findLinks, type LinkRules, type LinkText, linkTexts } from './links.ts';
import type { References } from './references.ts';
import type { Mark, Run } from './styled-text.ts';
import { viewTable } from './table.ts';
import { type Block, Writer } from './writer.ts';

export interface Look extends LinkRules {
  /** Bullets by depth; the last one stands for all deeper ones. */
  bullets: readonly string[];
  /** Room for an aligned table, in columns. */
  tableColumns: number;
  /** What a tab becomes, where the platform would make it one space. */
  tab: string;
}

interface Place extends Block {
  marks: readonly Mark[];
  listDepth: number;
}

const RULE = '──────────';
const LANGUAGE = /^[\w+#.-]{1,32}$/u;

/** What stands between two blocks, in line breaks: a heading belongs to what follows. */
function breaksBetween(before: RootContent | undefined, after: RootContent | undefined): number {
  return before?.type === 'heading' && after?.type !== 'heading' ? 1 : 2;
}

/** @param references - what the whole text defines and uses */
export function styledRuns(nodes: readonly RootContent[], look: Look, references: References): Run[] {
  const writer = new Writer();
  new TreeWriter(writer, look, references).blocks(
    nodes,
    { indent: '', quote: null, marks: [], listDepth: 0 },
    false,
  );
  return writer.runs;
}

class TreeWriter {
  readonly #writer: Writer;
  readonly #look: Look;
  readonly #references: References;

  constructor(writer: Writer, look: Look, references: References) {
    this.#writer = writer;
    this.#look = look;
    this.#references = references;
  }

  blocks(nodes: readonly RootContent[], place: Place, tight: boolean): void {
    let before: RootContent | undefined;
    for (const node of nodes) {
      if (node.type === 'definition' && this.#references.used.has(node.identifier)) continue;
      // A list inside of a list belongs to the line above it.
      const close = tight || (node.type === 'list' && place.listDepth > 0);
      if (before !== undefined) this.#writer.separate(close ? 1 : breaksBetween(before, node));
      this.#block(node, place);
      before = node;
    }
  }

  #block(node: RootContent, place: Place): void {
    switch (node.type) {
      case 'heading': {
        // Inside a list no platform has headings.
        const mark: Mark =
          place.listDepth > 0 ? { kind: 'bold' } : { kind: 'heading', depth: Math.min(node.depth, 6) };
        this.#inlines(node.children, withMark(place, mark));
        break;
      }
      case 'paragraph':
        this.#inlines(node.children, place);
        break;
      case 'blockquote':
        this.#quote(node.children, place);
        break;
      case 'list':
        this.#list(node, place);
        break;
      case 'code':
        this.#code(node.value, node.lang ?? '', node.meta ?? '', place);
        break;
      case 'table':
        this.#table(node, place);
        break;
      case 'thematicBreak':
        this.#text(RULE, place);
        break;
      case 'definition':
        // One that nothing refers to is something to read: lists of sources are written this way.
        this.#text(`[${node.label ?? node.identifier}]: `, place);
        this.#link('', node.url, place);
        break;
      case 'footnoteDefinition':
        this.#writer.marker(`[${node.label ?? node.identifier}] `, place, place.marks);
        this.blocks(node.children, place, false);
        break;
      case 'html':
      case 'yaml':
        this.#text(node.value, place);
        break;
      default:
        this.#inline(node as PhrasingContent, place);
        break;
    }
  }

  #quote(children: readonly RootContent[], place: Place): void {
    // No platform nests quotes: the inner one is told by signs.
    if (place.quote !== null) {
      this.blocks(children, { ...place, indent: `${place.indent}> ` }, false);
      return;
    }
    const quote: Mark = { kind: 'quote' };
    this.blocks(children, { ...place, quote, marks: [quote, ...place.marks] }, false);
  }

  #list(list: List, place: Place): void {
    let number = list.start ?? 1;
    for (const item of list.children) {
      if (item !== list.children[0]) this.#writer.separate(list.spread ? 2 : 1);
      this.#item(item, list.ordered === true ? `${number}.` : this.#bullet(place.listDepth), place);
      number += 1;
    }
  }

  #item(item: ListItem, sign: string, place: Place): void {
    const box = item.checked === true ? '☑' : item.checked === false ? '☐' : '';
    // A box does as a bullet, but where `-` is what makes it a list.
    const bullet = box === '' || sign === '-' ? sign : box;
    this.#writer.marker(`${bullet} `, place, [...place.marks, { kind: 'marker' }]);
    const inside = {
      ...place,
      indent: place.indent + ' '.repeat(bullet.length + 1),
      listDepth: place.listDepth + 1,
    };
    if (box !== '' && bullet !== box) this.#writer.marker(`${box} `, inside, place.marks);
    this.blocks(item.children, inside, item.spread !== true);
    this.#writer.endItem();
  }

  #bullet(depth: number): string {
    return this.#look.bullets[Math.min(depth, this.#look.bullets.length - 1)] ?? '-';
  }

  #code(value: string, language: string, meta: string, place: Place): void {
    const empty = value.trim() === '';
    const named = LANGUAGE.test(language) && !(empty && meta !== '');
    // A file name, or a text that began with three backticks: either way something to read.
    const info = named ? meta : `${language} ${meta}`.trim();
    if (info !== '') {
      this.#writer.text(info, place, [...place.marks, { kind: 'code' }]);
      this.#writer.separate(1);
    }
    if (empty) return;
    const pre: Mark = { kind: 'pre', language: named ? language : '' };
    this.#writer.lines(this.#tabs(value), place, place.quote === null ? [pre] : [place.quote, pre]);
  }

  #table(table: Table, place: Place): void {
    const { header, rows, aligned } = viewTable(table, this.#look.tableColumns);
    if (aligned !== null) {
      this.#code(aligned, '', '', place);
      return;
    }
    if (rows.length === 0) {
      this.#row(header, [], place);
      return;
    }
    for (const row of rows) {
      if (row !== rows[0]) this.#writer.separate(2);
      this.#row(row, header, place);
    }
  }

  /** The first cell names the row, the others follow as "column: value"; `–` where there is no value. */
  #row(row: readonly TableCell[], header: readonly TableCell[], place: Place): void {
    for (const [column, cell] of row.entries()) {
      const name = header[column]?.children ?? [];
      if (column > 0) {
        this.#writer.separate(1);
        this.#writer.marker(`${this.#bullet(0)} `, place, [...place.marks, { kind: 'marker' }]);
      }
      const inside = column > 0 ? { ...place, indent: `${place.indent}  ` } : place;
      if (name.length > 0) {
        this.#inlines(name, inside);
        this.#text(': ', inside);
      }
      if (cell.children.length === 0) this.#text('–', inside);
      this.#inlines(cell.children, column > 0 ? inside : withMark(place, { kind: 'bold' }));
      this.#writer.endItem();
    }
  }

  #inlines(nodes: readonly PhrasingContent[], place: Place): void {
    for (const node of nodes) this.#inline(node, place);
  }

  #inline(node: PhrasingContent, place: Place): void {
    switch (node.type) {
      case 'strong':
        this.#inlines(node.children, withMark(place, { kind: 'bold' }));
        break;
      case 'emphasis':
        this.#inlines(node.children, withMark(place, { kind: 'italic' }));
        break;
      case 'delete':
        this.#inlines(node.children, withMark(place, { kind: 'strike' }));
        break;
      case 'inlineCode':
        this.#writer.text(this.#tabs(node.value), place, [...place.marks, { kind: 'code' }]);
        break;
      case 'break':
        this.#text('\n', place);
        break;
      case 'link':
        this.#link(textOf(node), node.url, place);
        break;
      case 'image':
        this.#link(node.alt ?? '', node.url, place);
        break;
      case 'linkReference':
      case 'imageReference': {
        const text = node.type === 'linkReference' ? textOf(node) : (node.alt ?? '');
        // The number of a source keeps its brackets.
        const label = node.referenceType === 'shortcut' && /^\d+$/u.test(text) ? `[${text}]` : text;
        this.#link(label, this.#references.addresses.get(node.identifier) ?? '', place);
        break;
      }
      case 'footnoteReference':
        this.#text(`[${node.label ?? node.identifier}]`, place);
        break;
      case 'text':
        this.#links(findLinks(node.value.replace(/<br\s*\/?>/giu, '\n'), this.#look), place);
        break;
      case 'html':
        this.#text(node.value, place);
        break;
      default:
        this.#text(textOf(node), place);
        break;
    }
  }

  #link(label: string, address: string, place: Place): void {
    this.#links(linkTexts(oneLine(label), address, this.#look), place);
  }

  #links(texts: readonly LinkText[], place: Place): void {
    for (const { text, mark } of texts) {
      if (mark === undefined) this.#text(text, place);
      else this.#writer.text(text, place, [...place.marks, mark]);
    }
  }

  #text(text: string, place: Place): void {
    const heading = place.marks.some((mark) => mark.kind === 'heading');
    this.#writer.text(this.#tabs(heading ? oneLine(text, false) : text), place, place.marks);
  }

  #tabs(text: string): string {
    return this.#look.tab === '\t' ? text : text.replaceAll('\t', this.#look.tab);
  }
}

function withMark(place: Place, mark: Mark): Place {
  return place.marks.some(({ kind }) => kind === mark.kind)
    ? place
    : { ...place, marks: [...place.marks, mark] };
}

function oneLine(text: string, trim = true): string {
  const line = text.replace(/\s*\n\s*/gu, ' ');
  return trim ? line.trim() : line;
}
