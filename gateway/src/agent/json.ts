/** Guards for JSON that came over a wire and may hold anything. */
export type JsonObject = Record<string, unknown>;

export function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function asNumber(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** @returns undefined where the text is not JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller decides what text that is no JSON means
  }
}

const TOKENS = /"(?:[^"\\]|\\.)*"\s*(:?)|-?\d[\d.eE+-]*|[[{]|[\]}]/g;
const MOST_DEPTH = 200; // what goes through a value calls itself for each level, and some thousands are too many

/**
 * The value of a JSON text, if it says all that the text says; the text itself otherwise. Two texts may become one value:
 * of a key that is there twice only the last counts here, and whoever reads the text elsewhere may take the first; and of
 * long numbers the end is lost. What is shown and compared must then be the text. So it is for what is nested without end.
 */
export function exactJson(text: string): unknown {
  let keys = 0;
  let value: unknown;
  try {
    value = JSON.parse(text, (_key, inner: unknown) => {
      keys += Object.keys(asObject(inner)).length;
      return inner;
    });
  } catch {
    return text; // the caller decides what text that is no JSON means
  }
  let depth = 0;
  for (const [token, colon] of text.matchAll(TOKENS)) {
    if (colon === ':') keys -= 1;
    else if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    else if (!token.startsWith('"') && !isExact(token)) return text;
    if (depth > MOST_DEPTH) return text;
  }
  return keys === 0 ? value : text;
}

/** Whether a double holds all digits of a number. */
function isExact(number: string): boolean {
  const digits = number
    .replace(/e.*$/i, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '');
  return digits.length <= 15 && Number.isFinite(Number(number)) && (Number(number) !== 0 || digits === '');
}

/** JSON with the keys of each object in one order; undefined counts like null. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

export function sameJson(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
