/** Random weights. The same seed gives the same weights on every machine, since only exact arithmetic is used. */
export class RandomWeights {
  #state: number;

  /** @param seed any integer */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /**
   * Uniform in ±√(3 · gain ÷ inputs), which has the variance gain ÷ inputs (He et al. 2015, equation 10).
   * @param inputs number of products that each output sums
   * @param gain 2 before a ReLU, which halves the variance; otherwise 1
   */
  draw(count: number, inputs: number, gain: number): Float32Array {
    const limit = Math.sqrt((3 * gain) / inputs);
    return new Float32Array(count).map(() => limit * (2 * this.#next() - 1));
  }

  /** The next number in [0, 1): a counter with steps of the golden ratio, mixed by MurmurHash3's finalizer. */
  #next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return ((bits ^ (bits >>> 16)) >>> 8) / 0x1000000;
  }
}
