/**
 * Changes to the lists of a YAML file that its owner writes. The parser says where each value stands, and characters are put in
 * or taken out there; comments, order, quotes and line ends of all the rest stay as he wrote them. Whoever uses this reads the
 * result again and looks whether it says what it should.
 */
import { isMap, isScalar, isSeq, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';

export interface Edit {
  at: number;
  end: number;
  text: string;
}

/** The file is not written in a way that this can change; the message says what of it, a sentence that lacks the file's name. */
export class UneditableYamlError extends Error {
  override name = 'UneditableYamlError';
}

export function newlineOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** @param written the item as YAML, one line */
export function intoList(text: string, map: YAMLMap, key: string, written: string): Edit {
  const list = map.get(key, true);
  if (list === undefined) {
    if (map.items.length === 0 && map.range) {
      const [at, end] = map.range;
      return { at, end, text: `{ ${key}: [${written}] }` };
    }
    return keyBeforeFirst(text, map, `${key}: [${written}]`);
  }
  if (isScalar(list) && list.value === null) return inPlaceOf(text, list, `[${written}]`);
  if (!isSeq(list) || !list.range) throw new UneditableYamlError(`\`${key}\` is no list of its own`);
  const last = list.items.at(-1);
  const [start, valueEnd] = list.range;
  if (last === undefined) return { at: start, end: valueEnd, text: `[${written}]` };
  const end = isSeq(last) ? null : endOf(last);
  if (end === null) throw new UneditableYamlError(`\`${key}\` holds something else than rules`);
  if (list.flow) return { at: end, end, text: `, ${written}` };
  const newline = newlineOf(text);
  const dash = `${text.slice(lineStart(text, start), start)}- `;
  const line = text.indexOf('\n', end);
  if (line === -1) return { at: text.length, end: text.length, text: `${newline}${dash}${written}` };
  return { at: line + 1, end: line + 1, text: `${dash}${written}${newline}` };
}

/** Before the first key: the only place that is certain to belong to the map, whatever comments follow it. */
export function keyBeforeFirst(text: string, map: YAMLMap, line: string): Edit {
  const key = map.items[0]?.key;
  if (!isScalar(key) || !key.range) throw new UneditableYamlError('it begins with something else than a key');
  const at = key.range[0];
  const between = map.flow ? ', ' : `${newlineOf(text)}${' '.repeat(at - lineStart(text, at))}`;
  return { at, end: at, text: `${line}${between}` };
}

/** The items that are meant, taken out. A list that has no other becomes `[]`. */
export function outOfList(text: string, list: unknown, isMeant: (item: unknown) => boolean): Edit[] {
  if (!isSeq(list) || !list.range || !list.items.some(isMeant)) return [];
  if (list.items.every(isMeant)) {
    const end = endOf(list.items.at(-1)) ?? list.range[1];
    return [{ at: list.range[0], end: list.flow ? list.range[1] : end, text: '[]' }];
  }
  return list.items.flatMap((item, index) => {
    if (!isMeant(item)) return [];
    const start = startOf(item);
    const end = endOf(item);
    if (start === null || end === null) return [];
    const nextStart = startOf(list.items[index + 1]);
    if (list.flow) {
      if (nextStart !== null) return [{ at: start, end: nextStart, text: '' }];
      return [{ at: endOfStaying(list, index, isMeant) ?? start, end, text: '' }];
    }
    // The first item of a list may stand behind its key's line; its dash is where the list begins.
    const at = index === 0 ? (list.range?.[0] ?? start) : lineStart(text, start);
    if (index === 0 && nextStart !== null) return [{ at, end: text.lastIndexOf('-', nextStart), text: '' }];
    const line = text.indexOf('\n', end);
    return [{ at, end: line === -1 ? text.length : line + 1, text: '' }];
  });
}

/** A value that is not there at all: `key:` alone. */
export function inPlaceOf(text: string, node: Scalar, value: string): Edit {
  const [at = text.length, end = text.length] = node.range ?? [];
  return { at, end, text: text[at - 1] === ':' ? ` ${value}` : value };
}

export function applied(text: string, edits: readonly Edit[]): string {
  return edits
    .toSorted((a, b) => b.at - a.at)
    .reduce((result, edit) => result.slice(0, edit.at) + edit.text + result.slice(edit.end), text);
}

/** Where the last one before `index` that stays ends: from there on a flow list is cut. */
function endOfStaying(list: YAMLSeq, index: number, isMeant: (item: unknown) => boolean): number | null {
  for (let before = index - 1; before >= 0; before--) {
    if (!isMeant(list.items[before])) return endOf(list.items[before]);
  }
  return null;
}

function startOf(node: unknown): number | null {
  return (isScalar(node) || isMap(node) || isSeq(node)) && node.range ? node.range[0] : null;
}

/** Where its last sign stands; what the parser says of a block reaches into the lines below it. */
function endOf(node: unknown): number | null {
  if (isScalar(node)) return node.range?.[1] ?? null;
  if (isMap(node)) {
    const last = node.items.at(-1);
    return node.flow || !last ? (node.range?.[1] ?? null) : (endOf(last.value) ?? endOf(last.key));
  }
  if (isSeq(node)) return node.flow ? (node.range?.[1] ?? null) : endOf(node.items.at(-1));
  return null;
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}
