/** An answer as it is read out: its words, without marks, addresses and code. */
import type { RootContent } from 'mdast';
import { toString as textOf } from 'mdast-util-to-string';
import { parseChunk } from '../render/parser.ts';
import { chunksOf, cleanSource } from '../render/source.ts';

export interface SpokenText {
  text: string;
  /** Something is left out that is only to be seen. */
  leavesOut: boolean;
}

/** Never throws. */
export function spokenText(markdown: string): SpokenText {
  const left = { out: false };
  const nodes = chunksOf(cleanSource(markdown)).flatMap((chunk) => parseChunk(chunk));
  const lines = blocks(nodes, left);
  const text = lines
    .map((line) => withoutAddresses(line).replace(/\s+/g, ' ').trim())
    .filter((line) => /[\p{L}\p{N}]/u.test(line))
    .map(ended)
    .join('\n');
  return { text, leavesOut: left.out };
}

/** Whole sentences from the beginning, `most` characters at most. */
export function beginningOf(text: string, most: number): string {
  if (text.length <= most) return text;
  const room = text.slice(0, most);
  const end = Math.max(...['. ', '! ', '? ', '\n', '。', '！', '？'].map((sign) => room.lastIndexOf(sign)));
  const cut = end > most / 3 ? end + 1 : room.lastIndexOf(' ');
  return room.slice(0, cut > 0 ? cut : most).trim();
}

function blocks(nodes: readonly RootContent[], left: { out: boolean }): string[] {
  return nodes.flatMap((node): string[] => {
    switch (node.type) {
      case 'code':
      case 'html':
      case 'table':
      case 'image':
        left.out = true;
        return [];
      case 'list':
        return node.children.flatMap((item) => blocks(item.children, left));
      case 'blockquote':
        return blocks(node.children, left);
      case 'heading':
      case 'paragraph':
        return [inlines(node.children, left)];
      default:
        return [];
    }
  });
}

function inlines(nodes: readonly RootContent[], left: { out: boolean }): string {
  return nodes
    .map((node): string => {
      switch (node.type) {
        case 'inlineCode':
          if (/^[\p{L}\p{N} _.-]{1,30}$/u.test(node.value)) return node.value; // a name is a word
          left.out = true;
          return '…';
        case 'html':
        case 'image':
          left.out = true;
          return '';
        case 'break':
          return ' ';
        default:
          return 'children' in node ? inlines(node.children as RootContent[], left) : textOf(node);
      }
    })
    .join('');
}

/** Nobody wants to hear an address spelt; its host says where it leads. */
function withoutAddresses(line: string): string {
  return line
    .replace(/https?:\/\/(?:www\.)?([^\s/?#)]+)[^\s)]*/g, '$1')
    .replace(/\p{Extended_Pictographic}\uFE0F?/gu, ' ');
}

/** A pause after each block, as its end would not be heard otherwise. */
function ended(line: string): string {
  return /[.!?:;,…。！？]$/u.test(line) ? line : `${line}.`;
}
