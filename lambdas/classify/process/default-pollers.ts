/**
 * Parallel receives. A crop of 224 × 224 inside its message takes 200,704 bytes in base64, and a receive returns at most
 * 1 MiB, so 5 crops. At an estimated 30 ms per receive, one poller delivers 170 images per second:
 *
 * - one for each core delivers what an int8 GoogLeNet classifies, 98 to 167 images per second of a core;
 * - 16 deliver 2,700, about the limit of the main thread (docs/performance.md), and hold 16 MiB of messages.
 *
 * Packed crops arrive ten per receive and need fewer pollers.
 * @param lanes batches that are computed at the same time: on the CPU one for each core
 */
export function defaultPollers(provider: string, lanes: number): number {
  return provider === 'cpu' ? Math.min(Math.max(lanes, 4), 16) : 16;
}
