/**
 * How many tokens a text is, roughly and rather too many than too few: without the model's own tokenizer nobody knows. English
 * has some four characters to a token, other alphabets two, and scripts without spaces about one.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (let index = 0; index < text.length; index++) tokens += weightOf(text.charCodeAt(index));
  return Math.ceil(tokens);
}

/** How much of a text fits into so many tokens, in characters. */
export function charsWithin(text: string, tokens: number): number {
  let used = 0;
  for (let index = 0; index < text.length; index++) {
    used += weightOf(text.charCodeAt(index));
    if (used > tokens) return index;
  }
  return text.length;
}

function weightOf(code: number): number {
  if (code < 0x0250) return 1 / 3.6; // Latin letters, digits, signs
  return code < 0x1100 ? 1 / 2 : 1;
}
