import { expect, it } from 'vitest';
import { type BatchRun, noObserver, type WorkerObserver } from '../../../../lambdas/classify/worker/observer.ts';
import { runWorker } from '../../../../lambdas/classify/worker/worker.ts';
import type { CropMessage } from '../../../../shared/crops/crop-message.ts';
import type { ResultRow } from '../../../../shared/rows/row.ts';
import { MemoryQueue } from '../../../../shared/stores/local/memory-queue.ts';
import { messageWithRegions, withRegions } from '../../../support/region-crops.ts';
import { openTinyClassifier } from '../../../support/tiny-classifier.ts';

const tiny = await openTinyClassifier();

/** Runs the worker on images with regions; the size of each receive and of each batch. */
async function work(images: number, regions: number, pollers = 1) {
  const model = withRegions(tiny.model, regions);
  const queue = new MemoryQueue<CropMessage>({ visibilitySeconds: 60, maxAttempts: 3 });
  const fills = Array.from({ length: regions }, (_, index) => index % 256);
  const keys = Array.from({ length: images }, (_, index) => `${index}.jpg`);
  await queue.send(keys.map((key) => messageWithRegions({ key, fills, maximum: regions, size: 32 })));
  const [received, batches]: [number[], number[]] = [[], []];
  const runs: BatchRun[] = [];
  const rows: ResultRow[] = [];
  const results = { append: async (more: readonly ResultRow[]) => void rows.push(...more) };
  let [waiting, maxWaiting] = [0, 0];
  const crops = {
    visibilitySeconds: queue.visibilitySeconds,
    acknowledge: queue.acknowledge.bind(queue),
    setVisibility: queue.setVisibility.bind(queue),
    receive: async (options: Parameters<typeof queue.receive>[0]) => {
      received.push(options.max);
      waiting += 1;
      maxWaiting = Math.max(maxWaiting, waiting);
      const got = await queue.receive(options);
      waiting -= 1;
      return got;
    },
  };
  const run: typeof tiny.session.run = (batch) => {
    batches.push(batch.size);
    return tiny.session.run(batch);
  };
  const ports = { ...tiny, model, session: { ...tiny.session, run }, batchSize: 16, results, crops };
  const inputEnded = AbortSignal.abort();
  const stop = new AbortController().signal;
  const observer: WorkerObserver = { ...noObserver, ran: (batch) => void runs.push(batch) };
  await runWorker(ports, { pollers, batchAgeMs: 5000, partRows: 100, partAgeMs: 10, stop, inputEnded, observer });
  expect(rows).toHaveLength(images);
  expect(await queue.depth()).toEqual({ visible: 0, inFlight: 0 });
  return { received, batches, maxWaiting, runs };
}

it('the regions of several images share batches', async () => {
  const { batches } = await work(8, 7);
  // Eight images of eight crops: one group of 64.
  expect(batches).toEqual([16, 16, 16, 16]);
});

it('the fill of batches is the share of their places that have a crop', async () => {
  expect((await work(8, 7)).runs).toMatchObject([{ images: 8, fill: 1 }]);
  // Five images of eight crops in batches of 16: the last one is half empty.
  const { runs, batches } = await work(5, 7);
  expect(batches).toEqual([16, 16, 8]);
  expect(runs).toMatchObject([{ images: 5, fill: 40 / 48 }]);
});

it('few images with many regions are received at a time', async () => {
  expect((await work(3, 7)).received[0]).toBe(8);
  expect((await work(3, 100)).received[0]).toBe(1);
});

it('pollers are fewer if each message has many regions', async () => {
  expect((await work(4, 20, 6)).maxWaiting).toBe(6);
  expect((await work(4, 900, 6)).maxWaiting).toBe(2);
});
