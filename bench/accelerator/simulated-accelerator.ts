import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../../shared/inference/session.ts';
import type { Model } from '../../shared/models/model-directory.ts';

/**
 * A session that computes nothing and is busy for as long as an accelerator would be that classifies `rate` images a
 * second with `lanes` batches in flight. Like a real one it does not care whether this thread has time for it: a batch
 * that was handed over ends on time, but the next begins only once it has been handed over.
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
  // The device itself does one thing after another: a batch ends `size ÷ rate` after the one before it, at the earliest.
  let free = 0;
  return {
    provider: 'pretended',
    parallel: lanes,
    report: { shares: [], referenceCheck: undefined, imagesPerSecond: rate, skippedProviders: [] },
    async run({ size }) {
      await acquire();
      const now = performance.now();
      free = Math.max(now, free) + (size / rate) * 1000;
      await sleep(free - now);
      release();
      const probabilities = new Float32Array(size * manifest.labels.length).fill(1 / manifest.labels.length);
      return { probabilities, embeddings: new Float32Array(size * manifest.outputs.embeddingSize).fill(Math.random()) };
    },
    close: () => Promise.resolve(),
  };
}
