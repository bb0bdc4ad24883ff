/**
 * JSON of others is refused where it is nested deeper than anything that means something: 3,000 brackets in a row are 3 KB,
 * and parsing, checking and printing them recurses for each. Looked at before anything is parsed.
 */
export const MOST_JSON_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** @param json in UTF-8; what is no JSON at all is for the parser to refuse */
export function isTooDeep(json: Uint8Array, most = MOST_JSON_DEPTH): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (inString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      depth += 1;
      if (depth > most) return true;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1;
  }
  return false;
}

/**
 * For `express.json({ verify })`, before it parses.
 * @param charset as the body says it is; JSON is UTF-8, and in another form its brackets would go unseen
 * @returns what is wrong, or null
 */
export function jsonBodyProblem(body: Uint8Array, charset: string): string | null {
  if (charset !== 'utf-8') return 'JSON is sent in UTF-8; send the body in that.';
  return isTooDeep(body)
    ? `The body is nested deeper than ${MOST_JSON_DEPTH} levels; send it flatter.`
    : null;
}
