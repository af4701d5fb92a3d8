/**
 * A generator of uniform random numbers in [0, 1): Marsaglia's xorshift with shifts 13, 17 and 5 (Xorshift RNGs, Journal of
 * Statistical Software 8, 2003). Its state must never be 0.
 */
export function seededRandom(seed: number): () => number {
  let state = (Math.imul(seed, 2_654_435_769) ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Returns the items in random order (Fisher-Yates). */
export function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const [one, two] = [result[last], result[other]];
    if (one === undefined || two === undefined) continue;
    [result[last], result[other]] = [two, one];
  }
  return result;
}
