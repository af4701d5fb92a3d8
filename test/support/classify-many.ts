import { runWorker } from '../../lambdas/classify/worker/worker.ts';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { encodeRows } from '../../shared/rows/parquet.ts';
import { MemoryQueue } from '../../shared/stores/local/memory-queue.ts';
import { cropOf } from './crops.ts';

// Runs a worker on batches of varying size and prints the resident memory in bytes after every two thousand batches.
// Rows are encoded as Parquet and discarded.
const [directory = '', total = '10000'] = process.argv.slice(2);
const model = await loadModel(directory);
const session = await openSession(model, { threads: 2, batchSize: 32 });
const crops = new MemoryQueue<CropMessage>({ visibilitySeconds: 60, capacity: 200 });
const stop = new AbortController();
let batches = 0;

const working = runWorker(
  {
    crops,
    results: {
      append: async (rows) => {
        encodeRows(rows);
      },
    },
    model,
    session,
    batchSize: 32,
    maxAttempts: 3,
    now: () => new Date(),
  },
  {
    pollers: 4,
    batchAgeMs: 2,
    partRows: 64,
    partAgeMs: 5,
    stop: stop.signal,
    inputEnded: new AbortController().signal,
    observer: {
      holding() {},
      stored() {},
      ran() {
        batches += 1;
        if (batches % 2000 === 0) console.log(JSON.stringify({ batches, resident: process.memoryUsage.rss() }));
      },
    },
  },
);

for (let sent = 0; batches < Number(total); sent += 1) {
  const size = 1 + ((sent * 7) % 32);
  await crops.send(
    Array.from({ length: size }, (_, index) => ({
      ...cropOf({ key: `${sent}-${index}.jpg`, fill: index }),
      preprocess: model.preprocess,
    })),
  );
  await new Promise((resolve) => setTimeout(resolve, (sent * 5) % 4));
}
stop.abort();
await working;
await session.close();
process.exit(0);
