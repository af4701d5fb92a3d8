import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AcceleratorClock, describeUtilization } from '../../lambdas/classify/telemetry/accelerator-clock.ts';
import { runWorker } from '../../lambdas/classify/worker/worker.ts';
import { importModel } from '../../model/import/import-model.ts';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { describeMachine, median } from '../machine.ts';
import { cropMessage, textQueue } from '../worker/ready-messages.ts';
import { simulatedAccelerator } from './simulated-accelerator.ts';

// What a GPU would wait for: the whole worker, from the texts of messages to durable Parquet, with an accelerator that
// computes nothing and takes its time for it.
const { values } = parseArgs({
  options: {
    models: { type: 'string', default: join(process.env['INCEPTION_FIXTURES'] ?? '../shared', 'models') },
    rate: { type: 'string', default: '2000' },
    batch: { type: 'string', default: '64' },
    messages: { type: 'string', default: '16000' },
    rows: { type: 'string', default: '1024,4096' },
    rounds: { type: 'string', default: '3' },
  },
});
const images = Number(values.messages);
const batchSize = Number(values.batch);
const rate = Number(values.rate);
const work = await mkdtemp(join(tmpdir(), 'inception-bench-'));

try {
  const at = (name: string) => join(values.models, name);
  const directory = join(work, 'model');
  await importModel({
    source: at('googlenet-zoo.onnx'),
    preset: 'bvlc',
    labels: at('synset_words.txt'),
    out: directory,
  });
  const model = await loadModel(directory);
  const text = cropEnvelopeCodec.encode(cropMessage(model));

  console.log(describeMachine([]));
  console.log(
    `${images} messages of one crop of 224×224, batches of ${batchSize}, an accelerator of ${rate} img/s, two batches in flight, ${values.rounds} rounds\n`,
  );
  for (const partRows of values.rows.split(',').map(Number)) {
    const rates: number[] = [];
    let line = '';
    for (let round = 0; round < Number(values.rounds); round += 1) {
      const results = join(work, `results-${partRows}-${round}`);
      const store = new ResultsStore(new FolderStore(), { bucket: results, prefix: '' });
      const clock = new AcceleratorClock({ lanes: 2, writers: 2 });
      const session = simulatedAccelerator(model, { rate, lanes: 2 });
      const crops = await textQueue(text, images);
      const started = performance.now();
      await runWorker(
        {
          crops,
          results: store,
          model,
          session: { ...session, run: (batch) => clock.run(() => session.run(batch)) },
          batchSize,
          maxAttempts: 3,
          now: () => new Date(),
        },
        {
          pollers: 4,
          batchAgeMs: 100,
          partRows,
          partAgeMs: 5000,
          stop: new AbortController().signal,
          inputEnded: AbortSignal.abort(),
        },
      );
      rates.push((images / (performance.now() - started)) * 1000);
      line = describeUtilization(clock.lap());
      await rm(results, { recursive: true });
    }
    const got = median(rates);
    console.log(
      `parts of ${String(partRows).padEnd(5)} ${got.toFixed(0).padStart(5)} img/s  ${(got / rate).toFixed(3)}  ${line}`,
    );
  }
} finally {
  await rm(work, { recursive: true });
}
