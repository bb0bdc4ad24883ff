/**
 * Reads the model's answer to a heartbeat. `HEARTBEAT_OK` means that there is nothing to say, in whatever dress models
 * give it: other case, bold, quotes, a code fence, an emoji, a full stop, a short remark behind it.
 */
const LONGEST_REMARK = 160;
const TOKEN = /^heartbeat[\s_*\\-]*ok(?![\p{L}\p{N}])/iu;
const EDGE = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu;

/** @returns what the owner is to read, or null where there is nothing */
export function findingOf(answer: string): string | null {
  const bare = undress(answer);
  if (bare === '') return null;
  const token = TOKEN.exec(bare);
  if (token) {
    const remark = bare.slice(token[0].length);
    if (remark.length <= LONGEST_REMARK && !/\n\s*\n/.test(remark)) return null;
  }
  const lines = answer.split(/\r?\n/).filter((line) => {
    const text = undress(line);
    return text === '' || text.replace(TOKEN, '') !== '';
  });
  return lines.join('\n').trim();
}

function undress(text: string): string {
  return text
    .replace(/<\/?[a-z][^<>]*>/gi, '')
    .replace(/^\s*```[\w-]*\s*\n?|\n?\s*```\s*$/g, '')
    .replace(EDGE, '');
}
