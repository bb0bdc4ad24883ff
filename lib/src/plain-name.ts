/**
 * Names that somebody gave himself, a group or a file, as they may stand in a line of ours: people and models read such
 * lines as ours, so a name is one line, short, without anything that is not seen, and marked as a name.
 */

export const MOST_NAME_CHARS = 64;
const MOST_ENDING_CHARS = 10;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they end a line for some readers
const LINE_ENDS = /\r\n|[\n\v\f\r\x1c-\x1e\u0085\u2028\u2029]/g;
// U+2800 is a letter that looks like a space; what is "default ignorable" has no sign at all: fillers, tags, bidi controls.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\u2800]+/gu;

/** @returns at most 64 characters, composed (NFC); `?` where nothing that can be seen is left */
export function plainName(name: string): string {
  const chars = [...seen(name)];
  if (chars.length <= MOST_NAME_CHARS) return chars.join('') || '?';
  return `${chars
    .slice(0, MOST_NAME_CHARS - 1)
    .join('')
    .trimEnd()}…`;
}

/** The same of a file: what says of which kind it is stays. */
export function plainFileName(name: string): string {
  const chars = [...seen(name)];
  if (chars.length <= MOST_NAME_CHARS) return chars.join('') || '?';
  const dot = chars.lastIndexOf('.');
  const ending = dot > 0 && chars.length - dot <= MOST_ENDING_CHARS ? chars.slice(dot) : [];
  return [...chars.slice(0, MOST_NAME_CHARS - 1 - ending.length), '…', ...ending].join('');
}

/** In quotation marks that no name can end. */
export function quotedName(name: string): string {
  return JSON.stringify(plainName(name));
}

export function quotedFileName(name: string): string {
  return JSON.stringify(plainFileName(name));
}

/** Foreign text, each line of it marked, by whatever sign a reader may take for the end of a line. */
export function quotedLines(text: string): string {
  return text
    .split(LINE_ENDS)
    .map((line) => `> ${line}`)
    .join('\n');
}

function seen(name: string): string {
  const spaced = name.replace(LINE_ENDS, ' ').replaceAll('\t', ' ');
  return spaced.replace(UNSEEN, '').replace(/\s+/g, ' ').trim().normalize('NFC');
}
