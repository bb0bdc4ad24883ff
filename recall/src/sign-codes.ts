/**
 * The signs of all vectors, a bit for each part, in memory: what is near shares most signs, so a hundred thousand are gone through
 * in some milliseconds, and only the nearest are looked at as they are. A vector of 384 parts takes 48 bytes here.
 */
export class SignCodes {
  readonly #words: number;
  #codes: Uint32Array;
  #ids: number[] = [];
  readonly #places = new Map<number, number>();

  /** @param parts of each vector */
  constructor(parts: number) {
    this.#words = Math.ceil(parts / 32);
    this.#codes = new Uint32Array(this.#words * 1024);
  }

  get size(): number {
    return this.#ids.length;
  }

  set(id: number, vector: ArrayLike<number>): void {
    const place = this.#places.get(id) ?? this.#ids.length;
    if (place === this.#ids.length) {
      this.#ids.push(id);
      this.#places.set(id, place);
      if (this.#ids.length * this.#words > this.#codes.length) {
        const wider = new Uint32Array(this.#codes.length * 2);
        wider.set(this.#codes);
        this.#codes = wider;
      }
    }
    this.#codes.set(this.#codeOf(vector), place * this.#words);
  }

  /** The last takes its place. */
  delete(id: number): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    const last = this.#ids.length - 1;
    const moved = this.#ids[last] as number;
    this.#codes.copyWithin(place * this.#words, last * this.#words, (last + 1) * this.#words);
    this.#ids[place] = moved;
    this.#places.set(moved, place);
    this.#places.delete(id);
    this.#ids.pop();
  }

  /** @returns ids of those that share the most signs with it, at most `count` */
  nearest(vector: ArrayLike<number>, count: number): number[] {
    const asked = this.#codeOf(vector);
    const codes = this.#codes; // here, since a private field costs at each look of the innermost loop
    const words = this.#words;
    const parts = words * 32;
    const found = new Uint16Array(this.#ids.length); // signs that differ
    const holding = new Uint32Array(parts + 1);
    for (let place = 0, at = 0; place < found.length; place++) {
      let differs = 0;
      for (let word = 0; word < words; word++, at++) {
        differs += bits((codes[at] as number) ^ (asked[word] as number));
      }
      found[place] = differs;
      holding[differs] = (holding[differs] as number) + 1;
    }
    let most = 0;
    for (let reached = 0; most < parts; most++) {
      reached += holding[most] ?? 0;
      if (reached >= count) break;
    }
    const near: { id: number; differs: number }[] = [];
    for (let place = 0; place < found.length; place++) {
      const differs = found[place] as number;
      if (differs <= most) near.push({ id: this.#ids[place] as number, differs });
    }
    return near
      .sort((a, b) => a.differs - b.differs)
      .slice(0, count)
      .map(({ id }) => id);
  }

  #codeOf(vector: ArrayLike<number>): Uint32Array {
    const code = new Uint32Array(this.#words);
    for (let at = 0; at < vector.length; at++) {
      if ((vector[at] ?? 0) > 0) code[at >> 5] = ((code[at >> 5] ?? 0) | (1 << (at & 31))) >>> 0;
    }
    return code;
  }
}

/** How many bits are set. */
function bits(word: number): number {
  let sum = word - ((word >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
