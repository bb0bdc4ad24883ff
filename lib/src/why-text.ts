/** Where lines of the memory come from, in words: for the model, a chat and the terminal alike. */
import type { LineSource, WhyAnswer, WhyLine } from '@mobyclaw/protocol/memory-source';
import { localTime } from './local-time.ts';

/** @param timeZone of the owner, IANA @returns plain text, a paragraph a line of the memory */
export function whyText({ query, since, lines, gone }: WhyAnswer, timeZone: string): string {
  if (lines.length === 0 && gone.length === 0) return `Nothing in the memory is about "${query}".`;
  const day = (at: string): string => localTime(Date.parse(at), timeZone).date;
  const parts = lines.map(({ file, line, text, ...origin }) => {
    const told = [`${text}\n  ${file}:${line}`, `  ${originText(origin, since, timeZone)}`];
    if (origin.written !== undefined) told.push(`  As it was written then: ${bare(origin.written)}`);
    if (origin.replaced !== undefined) told.push(`  It took the place of: ${bare(origin.replaced)}`);
    if (origin.said !== undefined) told.push(`  Because of these words: "${origin.said}"`);
    return told.join('\n');
  });
  for (const { file, text, source, removed } of gone) {
    const end = removed
      ? `Taken away ${sourceText(removed, timeZone)}.`
      : `Not there any more; no tool took it away, so it was by hand.`;
    parts.push(`No longer there: ${text}\n  ${file}\n  Written ${sourceText(source, timeZone)}. ${end}`);
  }
  if (since !== null && lines.some(({ state }) => state === 'before' || state === 'by-hand'))
    parts.push(`Sources are kept since ${day(since)}.`);
  return parts.join('\n\n');
}

function originText(
  { state, source, from }: Pick<WhyLine, 'state' | 'source' | 'from'>,
  since: string | null,
  timeZone: string,
): string {
  if (source !== null) {
    const then = `Written ${sourceText(source, timeZone)}`;
    if (state === 'moved') return `${then}, in ${from ?? 'another file'}; moved here by hand since.`;
    return state === 'edited' ? `${then}; edited by hand since.` : `${then}.`;
  }
  return state === 'before' || since === null
    ? 'It was there before sources were kept, so it is not known since when, nor from whom.'
    : 'No tool wrote it: by hand, or by another program.';
}

/** Such as `on 2026-03-01 at 12:03 by Anna in telegram:dm:7 (turn 0192…)`. */
function sourceText({ at, turn, session, asker, sender }: LineSource, timeZone: string): string {
  const { date, time } = localTime(Date.parse(at), timeZone);
  const who = sender ? ` by ${sender}` : '';
  const role = asker === undefined || asker === 'owner' ? '' : ` (a ${asker})`;
  const where = session === undefined ? '' : ` in ${session}`;
  return `on ${date} at ${time}${who}${role}${where}${turn === undefined ? '' : `, turn ${turn}`}`;
}

function bare(line: string): string {
  return line.replace(/^\s*(?:[-*+]|\d+[.)])\s+/, '').trim();
}
