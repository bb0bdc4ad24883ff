/** The text without any formatting, for when a platform refuses it; addresses and quotes are still told. */
import { markOf, type Run } from './styled-text.ts';

export function writePlain(runs: readonly Run[]): string {
  let text = '';
  for (const [index, run] of runs.entries()) {
    const quoted = markOf(run, 'quote') !== undefined;
    if (quoted && (text === '' || text.endsWith('\n'))) text += '> ';
    text += quoted ? run.text.replaceAll('\n', '\n> ') : run.text;
    const link = markOf(run, 'link');
    if (link !== undefined && !link.bare && link !== markOf(runs[index + 1], 'link'))
      text += ` (${link.url})`;
  }
  return text;
}
