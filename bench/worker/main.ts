import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { countOf } from '../../cli/terminal/count-of.ts';
import {
  AcceleratorClock,
  describeUtilization,
  type Utilization,
} from '../../lambdas/classify/worker/accelerator-clock.ts';
import { runWorker } from '../../lambdas/classify/worker/worker.ts';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { compareRates, medianRatio } from '../compare-rates.ts';
import { importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';
import { readySessions } from '../pipeline/baselines.ts';
import { cropMessage, textQueue } from './ready-messages.ts';

// Overhead of the worker: message texts through the whole worker, against the session alone with prepared batches.
const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    messages: { type: 'string', default: '320' },
    rounds: { type: 'string', default: '5' },
  },
});
const images = Number(values.messages);
const threads = availableParallelism();
const batchSize = 8;
await using temporary = await temporaryFolder();
const work = temporary.path;

const model = values.model === undefined ? await importGooglenet(join(work, 'model')) : await loadModel(values.model);
const session = await openSession(model, { threads });
const text = cropEnvelopeCodec.encode(cropMessage(model));
let utilization: Utilization | undefined;

const worker = async () => {
  const crops = await textQueue(text, images);
  let stored = 0;
  const clock = new AcceleratorClock({ lanes: session.parallel, writers: 2 });
  await runWorker(
    {
      crops,
      results: {
        append: async (rows) => {
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
      pollers: 4,
      batchAgeMs: 100,
      partRows: 128,
      partAgeMs: 5000,
      stop: new AbortController().signal,
      inputEnded: AbortSignal.abort(),
    },
  );
  utilization = clock.lap();
  if (stored !== images) throw new Error(`stored ${stored} rows`);
};

console.log(describeMachine(['onnxruntime-node']));
console.log(
  `${images} messages of one crop of 224×224, ${model.id}, batches of ${batchSize}, ${countOf(threads, 'thread')}, ${values.rounds} rounds\n`,
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
await session.close();
