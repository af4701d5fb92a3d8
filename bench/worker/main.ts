import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  AcceleratorClock,
  describeUtilization,
  type Utilization,
} from '../../lambdas/classify/telemetry/accelerator-clock.ts';
import { runWorker } from '../../lambdas/classify/worker/worker.ts';
import { importModel } from '../../model/import/import-model.ts';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { compareRates, medianRatio } from '../compare-rates.ts';
import { describeMachine } from '../machine.ts';
import { readySessions } from '../pipeline/baselines.ts';
import { cropMessage, textQueue } from './ready-messages.ts';

// What the worker costs beside the network: ready messages through the whole of it, decoded from their texts, against the
// session alone with ready batches.
const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    models: { type: 'string', default: join(process.env['INCEPTION_FIXTURES'] ?? '../shared', 'models') },
    messages: { type: 'string', default: '320' },
    rounds: { type: 'string', default: '5' },
  },
});
const images = Number(values.messages);
const threads = availableParallelism();
const batchSize = 8;
const work = await mkdtemp(join(tmpdir(), 'inception-bench-'));

try {
  const directory = values.model ?? join(work, 'model');
  if (values.model === undefined) {
    const at = (name: string) => join(values.models, name);
    await importModel({
      source: at('googlenet-zoo.onnx'),
      preset: 'bvlc',
      labels: at('synset_words.txt'),
      out: directory,
    });
  }
  const model = await loadModel(directory);
  const session = await openSession(model, { threads });
  const text = cropEnvelopeCodec.encode(cropMessage(model));
  let utilisation: Utilization | undefined;

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
    utilisation = clock.lap();
    if (stored !== images) throw new Error(`stored ${stored} rows`);
  };

  console.log(describeMachine(['onnxruntime-node']));
  console.log(
    `${images} messages of one crop of 224×224, ${model.id}, batches of ${batchSize}, ${threads} threads, ${values.rounds} rounds\n`,
  );
  const [bare, whole] = await compareRates(
    [
      { name: 'session alone', work: () => readySessions(session, model, images, batchSize) },
      { name: 'worker', work: worker },
    ],
    { images, rounds: Number(values.rounds) },
  );
  console.log(`\nworker ÷ session alone = ${medianRatio(whole, bare).toFixed(3)}`);
  if (utilisation) console.log(`last round: ${describeUtilization(utilisation)}`);
  await session.close();
} finally {
  await rm(work, { recursive: true });
}
