/**
 * Receives under way at the same time, where nothing is set. A crop of 224 × 224 in its message is 150,528 bytes, in
 * base64 200,704; a receive brings a mebibyte at most, so 5 of them. At 30 ms for the answer and its transfer, which is
 * reckoned and not measured, one poller brings 170 images a second:
 *
 * - 4 bring 670, more than a dozen cores compute of GoogLeNet;
 * - 16 bring 2,700, about what the main thread decodes, stacks and stores (docs/performance.md), and hold 16 MiB of
 *   texts at a time.
 *
 * Packed crops come ten at a time and need fewer.
 */
export function defaultPollers(provider: string): number {
  return provider === 'cpu' ? 4 : 16;
}
