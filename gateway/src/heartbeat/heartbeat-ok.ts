/**
 * Reads the model's answer to a heartbeat. `HEARTBEAT_OK` means that there is nothing to say, in whatever form models
 * write it: other case, bold, quotes, a code fence, an emoji. What stands beside it decides: "No updates." is silence,
 * "the disk is 95 % full" is a finding.
 */
import { isQuiet } from './quiet-remark.ts';

const WORD = String.raw`(?<![\p{L}\p{N}])heartbeat[\s_*\\-]*ok(?![\p{L}\p{N}])`;
const TOKEN = new RegExp(WORD, 'giu');
/** At the beginning or the end of a line, with the marks around it; in the middle it belongs to a sentence. */
const AT_EDGE = new RegExp(
  String.raw`^[^\p{L}\p{N}]*${WORD}[^\p{L}\p{N}]*|[*_\x60"«“(\s>–—-]*${WORD}[^\p{L}\p{N}]*$`,
  'iu',
);
const FENCE = /^\s*```[\w-]*\s*$/;

/** @returns what the owner is to read, or null where there is nothing */
export function findingOf(answer: string): string | null {
  if (bare(answer) === '') return null;
  const rest = answer.replace(TOKEN, '\n');
  if (rest === answer) return answer.trim();
  const remark = rest.replace(/<\/?[a-z][^<>]*>/gi, ' ').replace(/^\s*```[\w-]*\s*$/gm, '');
  if (isQuiet(remark)) return null;
  const lines = answer.split(/\r?\n/).flatMap((line) => {
    const left = line.replace(AT_EDGE, '');
    return left === line || bare(left) !== '' ? [left] : [];
  });
  return withoutEmptyFence(lines).join('\n').trim();
}

/** A fence that held nothing but the token. */
function withoutEmptyFence(lines: readonly string[]): string[] {
  return lines.filter((line, index) => {
    const opens = FENCE.test(line) && FENCE.test(lines[index + 1] ?? '');
    const closes = FENCE.test(line) && FENCE.test(lines[index - 1] ?? '');
    return !opens && !closes;
  });
}

function bare(text: string): string {
  return text.replace(/<\/?[a-z][^<>]*>/gi, '').replace(/[^\p{L}\p{N}]+/gu, '');
}
