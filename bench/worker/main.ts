import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { countOf } from '../../cli/terminal/count-of.ts';
import { defaultPollers } from '../../lambdas/classify/process/default-pollers.ts';
import {
  AcceleratorClock,
  describeUtilization,
  type Utilization,
} from '../../lambdas/classify/worker/accelerator-clock.ts';
import { runWorker } from '../../lambdas/classify/worker/worker.ts';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { compareRates, medianRatio } from '../compare-rates.ts';
import { importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';
import { readySessions } from '../pipeline/baselines.ts';
import { cropMessage, textQueue } from './ready-messages.ts';
import { simulatedAccelerator } from './simulated-accelerator.ts';

// Overhead of the worker: from message texts to Parquet, against the session alone with prepared batches. With --rate, the session is a
// simulated accelerator of that many images per second: how long a GPU would be idle. With --model, its peak memory is that of a worker
// with as many sessions as --threads.
const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    messages: { type: 'string', default: '320' },
    rounds: { type: 'string', default: '5' },
    batch: { type: 'string', default: '8' },
    rows: { type: 'string', default: '1024' },
    rate: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});
const images = Number(values.messages);
const threads = Number(values.threads);
const batchSize = Number(values.batch);
await using temporary = await temporaryFolder();
const work = temporary.path;

const model = values.model === undefined ? await importGooglenet(join(work, 'model')) : await loadModel(values.model);
const session =
  values.rate === undefined
    ? await openSession(model, { threads })
    : simulatedAccelerator(model, { rate: Number(values.rate), lanes: 2 });
const text = cropEnvelopeCodec.encode(cropMessage(model));
let utilization: Utilization | undefined;

const worker = async (round: number) => {
  const bucket = join(work, `results-${round}`);
  const results = new ResultsStore(new FolderStore(), { bucket, prefix: '' });
  const crops = await textQueue(text, images);
  let stored = 0;
  const clock = new AcceleratorClock({ lanes: session.parallel, writers: 2 });
  await runWorker(
    {
      crops,
      results: {
        append: async (rows) => {
          await results.append(rows);
          stored += rows.length;
        },
      },
      model,
      session: { ...session, run: (batch) => clock.run(() => session.run(batch)) },
      batchSize,
      maxAttempts: 3,
      now: () => new Date(),
    },
    {
      pollers: defaultPollers('cpu', threads),
      batchAgeMs: 100,
      partRows: Number(values.rows),
      partAgeMs: 5000,
      stop: new AbortController().signal,
      inputEnded: AbortSignal.abort(),
    },
  );
  utilization = clock.lap();
  if (stored !== images) throw new Error(`stored ${stored} rows`);
  await rm(bucket, { recursive: true });
};

const runsOn =
  values.rate === undefined ? countOf(threads, 'thread') : `a simulated accelerator of ${values.rate} img/s`;
console.log(describeMachine(['onnxruntime-node']));
console.log(
  `${images} messages of one crop of 224×224, ${model.id}, batches of ${batchSize}, ${runsOn}, parts of ${values.rows} rows, ${values.rounds} rounds\n`,
);
const [bare, whole] = await compareRates(
  [
    { name: 'session alone', work: () => readySessions(session, model, images, batchSize) },
    { name: 'worker', work: worker },
  ],
  { images, rounds: Number(values.rounds) },
);
console.log(`\nworker ÷ session alone = ${medianRatio(whole, bare).toFixed(3)}`);
if (utilization) console.log(`last round: ${describeUtilization(utilization)}`);
console.log(`peak resident memory: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
await session.close();
