import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../../shared/inference/session.ts';
import type { Model } from '../../shared/models/model-directory.ts';

/**
 * A session that only waits, as long as an accelerator would compute at `rate` images per second with `lanes` batches in
 * flight. Like a real one, it finishes a batch on time even if this thread is busy, but idles until the next one is submitted.
 */
export function simulatedAccelerator({ manifest }: Model, { rate, lanes }: { rate: number; lanes: number }): Session {
  const waiting: (() => void)[] = [];
  let idle = lanes;
  const acquire = async () => {
    if (idle > 0) idle -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const release = () => {
    const next = waiting.shift();
    if (next) next();
    else idle += 1;
  };
  // The device runs one batch at a time: each ends at least `size ÷ rate` seconds after the previous one.
  let freeAt = 0;
  return {
    provider: 'simulated',
    parallel: lanes,
    report: { shares: [], referenceCheck: undefined, imagesPerSecond: rate, skippedProviders: [] },
    async run({ size }) {
      await acquire();
      const now = performance.now();
      freeAt = Math.max(now, freeAt) + (size / rate) * 1000;
      await sleep(freeAt - now);
      release();
      const probabilities = new Float32Array(size * manifest.labels.length).fill(1 / manifest.labels.length);
      return { probabilities, embeddings: new Float32Array(size * manifest.outputs.embeddingSize).fill(Math.random()) };
    },
    close: () => Promise.resolve(),
  };
}
