import { expect, it, onTestFinished, vi } from 'vitest';
import { HeldMessages } from '../../../../lambdas/classify/worker/held-messages.ts';
import { storeOutcomes } from '../../../../lambdas/classify/worker/store-outcomes.ts';
import type { CropMessage } from '../../../../shared/crops/crop-message.ts';
import { Failure } from '../../../../shared/failures/failure.ts';
import { MemoryQueue } from '../../../../shared/stores/local/memory-queue.ts';
import { cropOf } from '../../../support/crops.ts';
import { RecordingResults } from '../../../support/recording-results.ts';

it('a failed message returns later after each attempt, and becomes a dead letter at once after the last', async () => {
  vi.useFakeTimers();
  const queue = new MemoryQueue<CropMessage>({ visibilitySeconds: 600, maxAttempts: 5 });
  const held = new HeldMessages(queue);
  onTestFinished(async () => {
    await held.close();
    vi.useRealTimers();
  });
  await queue.send([cropOf()]);
  const results = new RecordingResults();
  const waits: number[] = [];
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const [delivery] = await held.receive({ max: 10, waitSeconds: 0 });
    const failure = new Failure('throttled', 'SlowDown');
    await storeOutcomes([{ receipt: delivery?.receipt ?? '', failure }], { crops: held, results, maxAttempts: 5 });
    const started = performance.now();
    while ((await queue.depth()).inFlight > 0) await vi.advanceTimersByTimeAsync(1_000);
    waits.push((performance.now() - started) / 1_000);
  }
  expect(waits).toEqual([5, 30, 120, 120, 0]);
  expect(queue.deadLetters()).toHaveLength(1);
});
