/**
 * Parallel receives. A crop of 224 × 224 inside its message takes 200,704 bytes in base64, and a receive returns at most
 * 1 MiB, so 5 crops. At an estimated 30 ms per receive, one poller delivers 170 images per second:
 *
 * - 4 deliver 670, more than a dozen cores classify with GoogLeNet;
 * - 16 deliver 2,700, about the limit of the main thread (docs/performance.md), and hold 16 MiB of messages.
 *
 * Packed crops arrive ten per receive and need fewer pollers.
 */
export function defaultPollers(provider: string): number {
  return provider === 'cpu' ? 4 : 16;
}
