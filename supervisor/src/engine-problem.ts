/**
 * What an engine says about a soul.yaml that it refuses, as one problem for the owner. The one place that reads such
 * texts. cagent's form, as seen on 1.32.3 and 1.123: a prefix, `[line:column]` with colours, and a source excerpt whose
 * line is marked with `>`. The embedded agent's: `soul.yaml line 8, column 1: …`, of the owner's file itself.
 *
 * Inside an agent cagent counts lines in its own rewritten copy of the agent, not in the owner's file. A line number is
 * therefore believed only if the owner's file has the marked text there, or has it just once elsewhere.
 */
import { stripVTControlCharacters } from 'node:util';
import type { SoulProblem } from '@mobyclaw/protocol/control';

const PREFIXES = [/^failed to get agent tool count: /, /^failed to run session: /];
const EMBEDDED_PLACE = /^soul\.yaml line (\d+)(?:, column (\d+))?: /;
const STAGES = /^(?:looking for version in|parsing) config file\n/;

/**
 * @param said the engine's message, colours and all
 * @param soul the file the owner wrote
 */
export function describeEngineProblem(said: string, soul: string): SoulProblem {
  let text = stripVTControlCharacters(said);
  for (const prefix of PREFIXES) text = text.replace(prefix, '');
  text = text.replace(STAGES, '');
  const own = EMBEDDED_PLACE.exec(text);
  if (own) {
    const place = { line: Number(own[1]), ...(own[2] ? { column: Number(own[2]) } : {}) };
    return { message: sentence(text.slice(own[0].length).trim()), ...place };
  }
  const place = /^\[(\d+):(\d+)\] /.exec(text);
  const message = text
    .slice(place?.[0].length ?? 0)
    .split('\n')
    .filter((line) => !/^(?:>?\s*\d+ \||\s*\^)/.test(line) && line.trim() !== '')
    .map((line) => line.trim())
    .join(' ');
  const problem: SoulProblem = { message: sentence(message || 'the agent refuses the file') };
  const marked = /^>\s*(\d+) \|(.*)$/m.exec(text);
  const claimed = Number(marked?.[1] ?? place?.[1] ?? Number.NaN);
  const line = confirmLine(claimed, marked?.[2], soul);
  if (line === null) return problem;
  // The column is of the engine's copy unless the line is where it says.
  return line === claimed && place ? { ...problem, line, column: Number(place[2]) } : { ...problem, line };
}

/** Problems are put before other sentences. */
export function sentence(text: string): string {
  return /[.!?)]$/.test(text) ? text : `${text}.`;
}

function confirmLine(claimed: number, excerpt: string | undefined, soul: string): number | null {
  if (Number.isNaN(claimed)) return null;
  const wanted = excerpt?.trim();
  if (wanted === undefined || wanted === '') return null;
  const lines = soul.split(/\r?\n/).map((line) => line.trim());
  if (lines[claimed - 1] === wanted) return claimed;
  const first = lines.indexOf(wanted);
  return first >= 0 && lines.lastIndexOf(wanted) === first ? first + 1 : null;
}
