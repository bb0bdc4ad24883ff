/** Cuts what is longer than a passage: a hit should be read at a glance, and cost little of a model's window. */
const MAX_CHARS = 600;

/** @returns the text itself up to twice that long, else parts that end at a space where there is one */
export function passagesOf(text: string): string[] {
  if (text.length <= 2 * MAX_CHARS) return [text];
  const passages: string[] = [''];
  for (const word of text.split(/(?<=\s)/)) {
    const last = passages.at(-1) ?? '';
    if (last !== '' && last.length + word.length > MAX_CHARS) passages.push(word);
    else passages[passages.length - 1] = last + word;
  }
  return passages;
}
