import { expect, it, vi } from 'vitest';
import { runWorker } from '../../../../lambdas/classify/worker/worker.ts';
import type { CropMessage } from '../../../../shared/crops/crop-message.ts';
import type { Batch } from '../../../../shared/inference/batch.ts';
import type { Session } from '../../../../shared/inference/session.ts';
import { MemoryQueue } from '../../../../shared/stores/local/memory-queue.ts';
import { cropOf } from '../../../support/crops.ts';
import { eventually } from '../../../support/eventually.ts';
import { RecordingResults } from '../../../support/recording-results.ts';
import { openTinyClassifier } from '../../../support/tiny-classifier.ts';

const classifier = await openTinyClassifier();
const { session } = classifier;

/** The shades of a batch; the shade of a crop encodes its attempt. */
function shadesOf({ pixels, shape, size }: Batch): number[] {
  const stride = pixels.length / shape[0];
  return Array.from({ length: size }, (_, row) => pixels[row * stride] ?? 0);
}

/** A queue with crops on their first, second and third attempt; the shade encodes the attempt. */
async function queueOf(each: number): Promise<MemoryQueue<CropMessage>> {
  const crops = new MemoryQueue<CropMessage>({ visibilitySeconds: 60, maxAttempts: 3 });
  for (let shade = 3; shade >= 1; shade -= 1) {
    await crops.send(
      Array.from({ length: each }, (_, index) => cropOf({ key: `${shade}-${index}.jpg`, fill: shade * 10 })),
    );
    if (shade === 1) break;
    const receipts: string[] = [];
    for (let got = await crops.receive({ max: 10, waitSeconds: 0 }); got.length > 0; ) {
      receipts.push(...got.map(({ receipt }) => receipt));
      got = await crops.receive({ max: 10, waitSeconds: 0 });
    }
    await crops.setVisibility(receipts, 0);
  }
  return crops;
}

it('redelivered messages run apart from others, and alone on their last attempt', async () => {
  const crops = await queueOf(12);
  const results = new RecordingResults();
  const batches: number[][] = [];
  const run: Session['run'] = (batch) => {
    batches.push(shadesOf(batch));
    return session.run(batch);
  };
  const stop = new AbortController();
  const working = runWorker(
    { ...classifier, crops, results, session: { ...session, run }, batchSize: 16 },
    {
      pollers: 3,
      batchAgeMs: 50,
      partRows: 1_000,
      partAgeMs: 60_000,
      stop: stop.signal,
      graceMs: 60_000,
      inputEnded: new AbortController().signal,
    },
  );
  // Rows of redelivered messages are stored soon, although a part may wait for a minute.
  const classified = (attempt: number) => results.rows.filter(({ key }) => key.startsWith(`${attempt}-`)).length;
  await eventually(() => expect([classified(2), classified(3)]).toEqual([12, 12]));
  stop.abort();
  await working;
  for (const batch of batches) expect(new Set(batch).size).toBe(1);
  expect(batches.filter(([shade]) => shade === 30).map(({ length }) => length)).toEqual(Array(12).fill(1));
  expect(Math.max(...batches.filter(([shade]) => shade === 20).map(({ length }) => length))).toBeLessThanOrEqual(8);
  expect(results.rows).toHaveLength(36);
});

it('messages on their last attempt run one after another, each after the previous one is settled', async () => {
  const crops = new MemoryQueue<CropMessage>({ visibilitySeconds: 60, maxAttempts: 2 });
  await crops.send(['a', 'b', 'c'].map((key) => cropOf({ key })));
  const once = await crops.receive({ max: 10, waitSeconds: 0 });
  await crops.setVisibility(
    once.map(({ receipt }) => receipt),
    0,
  );
  const calls: string[] = [];
  const run: Session['run'] = (batch) => {
    calls.push('run');
    return session.run(batch);
  };
  const acknowledge = crops.acknowledge.bind(crops);
  vi.spyOn(crops, 'acknowledge').mockImplementation(async (receipts) => {
    calls.push('settled');
    return acknowledge(receipts);
  });
  const ports = { ...classifier, crops, results: new RecordingResults(), maxAttempts: 2 };
  const options = { pollers: 1, batchAgeMs: 10, partRows: 100, partAgeMs: 60_000, stop: new AbortController().signal };
  await runWorker({ ...ports, session: { ...session, run } }, { ...options, inputEnded: AbortSignal.abort() });
  expect(calls).toEqual(['run', 'settled', 'run', 'settled', 'run', 'settled']);
});
