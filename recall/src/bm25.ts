/**
 * BM25 with constants of our own: k1 1.5 and b .3, measured on long conversations, where FTS5's fixed 1.2 and .75 punish a
 * long turn for its length. https://en.wikipedia.org/wiki/Okapi_BM25
 */
const K1 = 1.5;
const B = 0.3;

/** How much a word tells. @param holding how many of `pieces` hold it */
export function inverseFrequency(holding: number, pieces: number): number {
  const n = Math.min(holding, pieces);
  return Math.log(1 + (pieces - n + 0.5) / (n + 0.5));
}

/**
 * What one word adds to a piece.
 * @param times it stands there
 * @param length of the piece, and `usual` of all, in the same unit
 */
export function weightOf(idf: number, times: number, length: number, usual: number): number {
  if (times === 0) return 0;
  return (idf * times * (K1 + 1)) / (times + K1 * (1 - B + (B * length) / (usual || 1)));
}
