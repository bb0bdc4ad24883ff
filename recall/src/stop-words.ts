/** Words of questions that say nothing of what is asked for. Ranking takes care of languages that are not here. */
const STOP_WORDS = new Set(
  `a about again all also am an and any are as at be been but by can could did do does for from had has have he her him his
  how i if in into is it its just like me my of on or our out please s she should so t tell than that the their them then
  happen happened happening there they this to told up us was we were what when where which who whom whose why will with would you your know
  remember ll m re ve d`.split(/\s+/),
);

/** @param words folded, in the order of the question @returns those that tell something, or all where none does */
export function tellingWords(words: readonly string[]): string[] {
  const telling = words.filter((word) => !STOP_WORDS.has(word));
  return telling.length > 0 ? telling : [...words];
}

export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word);
}
