/** Line ends of a file that is edited where they cannot be seen, as in a browser, whose text fields know none but \n. */

interface Line {
  text: string;
  end: string;
}

/**
 * @param edited what the file is to be. With \n alone, lines that were there end as they did, and a new one ends like the one
 *   above it. Where it has a \r\n of its own, a file whose lines all end so stays so, and any other is taken as it is
 */
export function withEndsOf(text: string, edited: string): string {
  if (!text.includes('\r\n')) return edited;
  if (!/(?:^|[^\r])\n/.test(text)) return edited.replace(/\r?\n/g, '\r\n');
  return edited.includes('\r\n') ? edited : mixed(linesOf(text), edited.split('\n'));
}

function mixed(before: readonly Line[], after: readonly string[]): string {
  let start = 0;
  while (start < before.length && start < after.length && before[start]?.text === after[start]) start++;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before.at(-1 - end)?.text === after.at(-1 - end)
  )
    end++;
  // In between: the next line that reads the same, or any.
  const places = new Map<string, number[]>();
  for (let at = start; at < before.length - end; at++) {
    const text = before[at]?.text ?? '';
    const known = places.get(text);
    if (known) known.push(at);
    else places.set(text, [at]);
  }
  let from = start;
  let last = before[start - 1]?.end || before[start]?.end || '\n';
  return after
    .map((text, index) => {
      if (index === after.length - 1) return text;
      const known = places.get(text);
      const at =
        index < start
          ? index
          : index >= after.length - end
            ? before.length - (after.length - index)
            : (known?.find((place) => place >= from) ?? known?.[0]);
      if (at !== undefined) {
        from = at + 1;
        last = before[at]?.end || last;
      }
      return text + last;
    })
    .join('');
}

function linesOf(text: string): Line[] {
  return text.split('\n').map((line, index, { length }) => {
    const isWindows = line.endsWith('\r');
    return {
      text: isWindows ? line.slice(0, -1) : line,
      end: index === length - 1 ? '' : isWindows ? '\r\n' : '\n',
    };
  });
}
