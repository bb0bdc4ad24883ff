/** The side of a search that knows meanings. */
export interface DenseScore {
  /** Of the piece with a share of what stands beside it. */
  score: number;
  /** Of the piece and those beside it, together. */
  window: number;
}

export interface DenseSide {
  /** @returns scores such as cosines, of the candidates and of whatever else is near; by piece */
  scores(phrasing: string, candidates: readonly number[]): ReadonlyMap<number, DenseScore>;
}
