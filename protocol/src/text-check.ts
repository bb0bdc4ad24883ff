/** FNV-1a over UTF-16 units: tells whether a text that came in pieces is the one that was stored. */
export function textCheck(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
