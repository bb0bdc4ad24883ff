/**
 * Takes lines out of a Markdown text and leaves every other byte of it. What is taken out is a whole line; where a phrase
 * stands across a line break, the lines that it stands in. Of a heading the words go and the heading stays, so that what
 * stands below does not slide into the section above.
 */

const MOST_LINES = 8; // that a phrase may stand across
const HEADING = /^( {0,3}#{1,6}[ \t]).*$/;
const NO_TITLE = '…';

export interface Without {
  text: string;
  /** The lines that went, without their ends. */
  removed: string[];
}

/** @param goes whether a text is to go; asked of lines, and of lines that follow each other joined by spaces */
export function withoutLines(text: string, goes: (text: string) => boolean): Without {
  const parts = text.split(/(?<=\n)/);
  const lines = parts.map((part) => part.replace(/\r?\n$/, ''));
  const going = new Set<number>();
  for (const [at, line] of lines.entries()) if (goes(line)) going.add(at);
  const staying = lines.filter((_, at) => !going.has(at));
  if (goes(joined(staying))) {
    for (let first = 0; first < lines.length; first++) {
      for (const at of across(lines, going, first, goes)) going.add(at);
    }
  }
  if (going.size === 0) return { text, removed: [] };
  const kept = parts.flatMap((part, at) => {
    if (!going.has(at)) return part;
    const [, mark] = HEADING.exec(lines[at] ?? '') ?? [];
    return mark === undefined ? [] : `${mark}${NO_TITLE}${part.slice((lines[at] ?? '').length)}`;
  });
  return { text: kept.join(''), removed: [...going].sort((a, b) => a - b).map((at) => lines[at] ?? '') };
}

/** The fewest lines from `first` on that have it together, where none of them has it alone. */
function across(
  lines: readonly string[],
  going: ReadonlySet<number>,
  first: number,
  goes: (text: string) => boolean,
): number[] {
  const run: number[] = [];
  for (let at = first; at < lines.length && run.length < MOST_LINES && !going.has(at); at++) {
    run.push(at);
    const text = (places: readonly number[]): string => joined(places.map((place) => lines[place] ?? ''));
    if (run.length < 2 || !goes(text(run))) continue;
    while (run.length > 2 && goes(text(run.slice(1)))) run.shift();
    return run;
  }
  return [];
}

/** As it is read: marks of lists and quotes are not in the way. */
function joined(lines: readonly string[]): string {
  return lines.map((line) => line.replace(/^[\s>*+-]+/, '')).join(' ');
}
