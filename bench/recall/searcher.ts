/** What the benchmark compares. */
export interface Searcher {
  /** @returns ids of turns, best first, and whether the search says that it has found what was asked for */
  search(question: string, limit: number): { hits: number[]; claims: boolean };
  close(): void;
}
