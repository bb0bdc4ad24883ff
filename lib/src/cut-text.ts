/**
 * Text cut to a length, and text made fit to be sent. A string can hold half of a character beyond the basic plane, such
 * as half of an emoji: it is no text any more, JSON carries it as it is, and a model provider refuses the whole request.
 */

/**
 * The beginning of a text, never ending within a character.
 * @param maxChars in UTF-16 units, as `length` counts; one fewer is given where the last would be half of a character
 */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const end = Math.max(0, maxChars);
  return text.slice(0, isHigh(text.charCodeAt(end - 1)) && isLow(text.charCodeAt(end)) ? end - 1 : end);
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/**
 * The same value with every half of a character replaced by U+FFFD, in strings however deep, and in the keys of objects.
 * Arrays and plain objects are gone through; other objects, such as bytes, are left as they are.
 * @returns the value itself where there was none, a copy otherwise
 */
export function wellFormed<T>(value: T): T {
  return isWellFormed(value) ? value : (repaired(value) as T);
}

/** Before anything is copied: a conversation is long, and hardly ever holds a half. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (Array.isArray(value)) return value.every(isWellFormed);
  if (!isPlain(value)) return true;
  return Object.keys(value).every((key) => key.isWellFormed() && isWellFormed(value[key]));
}

function repaired(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(repaired);
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toWellFormed(), repaired(item)]));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
