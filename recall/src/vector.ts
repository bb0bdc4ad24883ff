/**
 * Vectors as the index keeps them: int8, a quarter of their size, scaled by their own largest part. A cosine does not ask how
 * long a vector is, so the scale is not kept.
 */

/** @throws RangeError where it says nothing: no part, none but zeros, or one that is no number */
export function quantized(vector: readonly number[] | Float32Array | Int8Array): Int8Array {
  let most = 0;
  for (const part of vector) {
    if (!Number.isFinite(part)) throw new RangeError('a part of the vector is no number');
    most = Math.max(most, Math.abs(part));
  }
  if (most === 0) throw new RangeError('the vector is zero');
  return Int8Array.from(vector, (part) => Math.round((part / most) * 127));
}

/** @returns 0 where the two have not as many parts */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return 0;
  let dot = 0;
  let ofA = 0;
  let ofB = 0;
  for (let at = 0; at < a.length; at++) {
    const x = a[at] ?? 0;
    const y = b[at] ?? 0;
    dot += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return ofA === 0 || ofB === 0 ? 0 : dot / Math.sqrt(ofA * ofB);
}

/** Each as long as the others, so that none outweighs them. @param vectors of as many parts, at least one */
export function meanOf(vectors: readonly ArrayLike<number>[]): Float32Array {
  const mean = new Float32Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) {
    let square = 0;
    for (let at = 0; at < vector.length; at++) square += (vector[at] ?? 0) ** 2;
    const length = Math.sqrt(square) || 1;
    for (let at = 0; at < mean.length; at++) mean[at] = (mean[at] ?? 0) + (vector[at] ?? 0) / length;
  }
  return mean;
}
