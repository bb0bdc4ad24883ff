/**
 * Files of the memory that a text names as `@MEMORY.md` or `@memory/2026-01-31.md:12`: they lead to where the page shows them.
 * Every other path stays text, since nothing outside of the memory is served.
 */
const NAMED =
  /(?<![\p{L}\p{N}_@./])@((?:MEMORY|HEARTBEAT)\.md|memory\/[\w-]+(?:\.[\w-]+)*\.md)(?::(\d{1,6}))?(?![\p{L}\p{N}_/])/gu;

/** @returns the text in its pieces: what stays, and what leads somewhere */
export function ownFilesIn(text: string): (string | { text: string; href: string })[] {
  const parts: (string | { text: string; href: string })[] = [];
  let end = 0;
  for (const match of text.matchAll(NAMED)) {
    const [all, name = '', line] = match;
    if (match.index > end) parts.push(text.slice(end, match.index));
    const place = line === undefined ? name : `${name}:${line}`;
    parts.push({ text: all, href: `#/memory/${encodeURIComponent(place)}` });
    end = match.index + all.length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

/** Makes links of what is named in a block to which nothing more comes. Code and links stay as they are. */
export function linkOwnFiles(block: HTMLElement): void {
  if (!block.textContent?.includes('@')) return;
  block.normalize(); // a name may have come in two pieces
  const texts = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  const found: Text[] = [];
  for (let node = texts.nextNode(); node; node = texts.nextNode())
    if (!node.parentElement?.closest('a, pre, code')) found.push(node as Text);
  for (const node of found) {
    const parts = ownFilesIn(node.data);
    if (parts.some((part) => typeof part !== 'string')) node.replaceWith(...parts.map(nodeOf));
  }
}

function nodeOf(part: string | { text: string; href: string }): string | HTMLAnchorElement {
  if (typeof part === 'string') return part;
  const link = document.createElement('a');
  link.href = part.href;
  link.textContent = part.text;
  return link;
}
