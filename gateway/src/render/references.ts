/** Links of the form `[text][label]`, whose address stands elsewhere in the text. */
import type { RootContent } from 'mdast';

export interface References {
  /** By identifier, as the parser makes it of a label. */
  addresses: Map<string, string>;
  used: Set<string>;
}

export function noReferences(): References {
  return { addresses: new Map(), used: new Set() };
}

/** Adds what these nodes define and use; of two definitions the first counts. */
export function collectReferences(nodes: readonly RootContent[], references: References): void {
  for (const node of nodes) {
    if (node.type === 'definition' && !references.addresses.has(node.identifier)) {
      references.addresses.set(node.identifier, node.url);
    }
    if (node.type === 'linkReference' || node.type === 'imageReference') references.used.add(node.identifier);
    if ('children' in node) collectReferences(node.children, references);
  }
}
