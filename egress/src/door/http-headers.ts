/** Headers as they are handed on (RFC 9110 §7.6.1): without those of one connection, with their case and their order. */

/** Of the connection between two neighbours; what `Connection` names goes too. */
const OF_ONE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export type Header = [name: string, value: string];

/** @param flat as `rawHeaders` of Node: names and values one after the other */
export function pairs(flat: readonly string[]): Header[] {
  const found: Header[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) found.push([flat[at] ?? '', flat[at + 1] ?? '']);
  return found;
}

export function forwarded(flat: readonly string[]): Header[] {
  const all = pairs(flat);
  const named = all.flatMap(([name, value]) =>
    name.toLowerCase() === 'connection' ? value.split(',').map((one) => one.trim().toLowerCase()) : [],
  );
  return all.filter(([name]) => {
    const lower = name.toLowerCase();
    return !OF_ONE_CONNECTION.has(lower) && !named.includes(lower);
  });
}

export function valuesOf(flat: readonly string[], wanted: string): string[] {
  return pairs(flat).flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : []));
}

/** In the place of what is there under this name. */
export function withHeader(headers: readonly Header[], name: string, value: string): Header[] {
  return [...headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase()), [name, value]];
}
