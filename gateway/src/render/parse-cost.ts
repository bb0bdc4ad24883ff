/**
 * What a text costs the Markdown parser, told from its looks. The parser's time grows with the square of the signs that
 * could be markup in one block and of the lines of one block (a list or quote that is lazily gone on with), else with the
 * length. Looks decide and not a clock, so that a text is always rendered the same.
 */

/** Roughly milliseconds of an ordinary processor, in a process that has rendered before. */
const COST_OF_CHARACTER = 0.0013;
const COST_OF_LINE = 0.05;
const COST_OF_SIGNS_SQUARED = 8e-6;

const SIGNS = new Set(Array.from('*_~`[]!<&\\|>', (sign) => sign.charCodeAt(0)));
const LINE_END = 10;

export interface Bulk {
  characters: number;
  lines: number;
  /** Characters that could be markup. */
  signs: number;
}

export function bulkOf(text: string): Bulk {
  let lines = 1;
  let signs = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === LINE_END) lines++;
    else if (SIGNS.has(code)) signs++;
  }
  return { characters: text.length, lines, signs };
}

export function costOf(text: string): number {
  const { characters, lines, signs } = bulkOf(text);
  return characters * COST_OF_CHARACTER + lines * COST_OF_LINE + signs ** 2 * COST_OF_SIGNS_SQUARED;
}
