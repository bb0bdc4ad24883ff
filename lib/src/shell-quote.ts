/** A word as a POSIX shell takes it, for commands that the owner is told to type: a path may hold a quote or a blank. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
