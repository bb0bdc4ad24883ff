/**
 * Markdown as nodes; no text becomes HTML. Blocks say their
 * own direction, so that Arabic and English stand in one answer.
 */
import * as smd from 'streaming-markdown';
import { addCode, closeCode, nameLanguage } from './code-block.ts';
import { element } from './element.ts';
import { restored } from './literals.ts';
import { MarkdownStream } from './markdown-stream.ts';
import { linkOwnFiles } from './own-files.ts';
import { ownPicture, safeLink } from './safe-link.ts';

const TAGS: Partial<Record<smd.Token, string>> = {
  [smd.BLOCKQUOTE]: 'blockquote',
  [smd.PARAGRAPH]: 'p',
  [smd.LINE_BREAK]: 'br',
  [smd.RULE]: 'hr',
  [smd.HEADING_1]: 'h3', // the page has headings of its own above these
  [smd.HEADING_2]: 'h3',
  [smd.HEADING_3]: 'h4',
  [smd.HEADING_4]: 'h5',
  [smd.HEADING_5]: 'h6',
  [smd.HEADING_6]: 'h6',
  [smd.ITALIC_AST]: 'em',
  [smd.ITALIC_UND]: 'em',
  [smd.STRONG_AST]: 'strong',
  [smd.STRONG_UND]: 'strong',
  [smd.STRIKE]: 's',
  [smd.CODE_INLINE]: 'code',
  [smd.RAW_URL]: 'a',
  [smd.LINK]: 'a',
  [smd.IMAGE]: 'a',
  [smd.LIST_UNORDERED]: 'ul',
  [smd.LIST_ORDERED]: 'ol',
  [smd.LIST_ITEM]: 'li',
};
const WITH_DIRECTION = new Set(['p', 'li', 'blockquote', 'h3', 'h4', 'h5', 'h6', 'td', 'th']);

/** @returns what shows a text in this element as it grows */
export function markdownWriter(root: HTMLElement): MarkdownStream {
  return new MarkdownStream(() => {
    root.replaceChildren();
    return renderer(root);
  });
}

function renderer(root: HTMLElement): smd.Renderer<HTMLElement[]> {
  return {
    data: [root],
    add_token(nodes, type) {
      if (type === smd.DOCUMENT) return;
      const parent = nodes.at(-1) ?? root;
      nodes.push(type === smd.TABLE_ROW ? addRow(parent) : addNode(parent, type));
    },
    end_token(nodes) {
      const node = nodes.length > 1 ? nodes.pop() : undefined;
      if (node?.dir === 'auto') linkOwnFiles(node);
      closeCode(node);
    },
    add_text(nodes, text) {
      (nodes.at(-1) ?? root).append(restored(text));
    },
    set_attr(nodes, attribute, value) {
      const node = nodes.at(-1);
      if (node) setAttribute(node, attribute, restored(value));
    },
  };
}

function addNode(parent: HTMLElement, type: smd.Token): HTMLElement {
  if (type === smd.CODE_FENCE || type === smd.CODE_BLOCK) return addCode(parent);
  if (type === smd.TABLE) {
    const scroller = parent.appendChild(element('div', 'table'));
    scroller.tabIndex = 0; // so that the keyboard can scroll it
    return scroller.appendChild(element('table'));
  }
  if (type === smd.TABLE_CELL) {
    const isHead = parent.parentElement?.tagName === 'THEAD';
    return parent.appendChild(directed(element(isHead ? 'th' : 'td')));
  }
  if (type === smd.CHECKBOX) {
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.disabled = true;
    return parent.appendChild(box);
  }
  const node = element(TAGS[type] ?? 'span');
  if (type === smd.IMAGE) node.className = 'picture';
  return parent.appendChild(directed(node));
}

function addRow(table: HTMLElement): HTMLElement {
  const head = table.querySelector(':scope > thead');
  const body = table.querySelector(':scope > tbody');
  const section = head === null ? element('thead') : (body ?? element('tbody'));
  if (section.parentElement === null) table.append(section);
  return section.appendChild(element('tr'));
}

function setAttribute(node: HTMLElement, attribute: smd.Attr, value: string): void {
  if (attribute === smd.HREF && node instanceof HTMLAnchorElement) link(node, value);
  else if (attribute === smd.SRC && node instanceof HTMLAnchorElement) picture(node, value);
  else if (attribute === smd.LANG) nameLanguage(node, value);
  else if (attribute === smd.CHECKED && node instanceof HTMLInputElement) node.checked = true;
  else if (attribute === smd.START && node instanceof HTMLOListElement && /^\d{1,9}$/.test(value))
    node.start = Number(value);
}

function link(node: HTMLAnchorElement, value: string): void {
  const href = safeLink(value);
  if (href === null) return;
  node.href = href;
  node.target = '_blank';
  node.rel = 'noopener noreferrer nofollow';
  node.title = href; // where it really leads, with foreign letters of a host spelt out
}

function picture(node: HTMLAnchorElement, value: string): void {
  const path = ownPicture(value);
  if (path === null) {
    link(node, value);
    return;
  }
  const image = document.createElement('img');
  image.src = path;
  image.alt = node.textContent ?? '';
  image.loading = 'lazy';
  node.replaceChildren(image);
}

function directed(node: HTMLElement): HTMLElement {
  if (WITH_DIRECTION.has(node.localName)) node.dir = 'auto';
  return node;
}
