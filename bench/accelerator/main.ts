import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AcceleratorClock, describeUtilization } from '../../lambdas/classify/worker/accelerator-clock.ts';
import { runWorker } from '../../lambdas/classify/worker/worker.ts';
import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine, median } from '../machine.ts';
import { cropMessage, textQueue } from '../worker/ready-messages.ts';
import { simulatedAccelerator } from './simulated-accelerator.ts';

// How long a GPU would be idle: the whole worker, from message texts to Parquet, with a simulated accelerator.
const { values } = parseArgs({
  options: {
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
await using temporary = await temporaryFolder();
const work = temporary.path;

const model = await importGooglenet(join(work, 'model'));
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
  const imagesPerSecond = median(rates);
  console.log(
    `parts of ${String(partRows).padEnd(5)} ${imagesPerSecond.toFixed(0).padStart(5)} img/s  ${(imagesPerSecond / rate).toFixed(3)}  ${line}`,
  );
}
