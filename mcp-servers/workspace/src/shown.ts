/** Names and numbers as the model reads them. A file's name is foreign text: its control characters never reach the page. */
import { cutText } from '@mobyclaw/lib/cut-text';

/** One line, whatever the name holds. */
export function shownPath(path: string): string {
  const line = path.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
  return line.length > 500 ? `${cutText(line, 500)}…` : line;
}

/** Bytes in the unit that a person would choose: `812 bytes`, `4.2 kB`, `1.3 MB`. */
export function shownSize(bytes: number | bigint): string {
  const size = Number(bytes);
  if (size < 1_000) return size === 1 ? '1 byte' : `${size} bytes`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = size / 1_000;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}
