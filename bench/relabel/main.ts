import { rm } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gatherExamples } from '../../cli/engine/finetune/gather-examples.ts';
import { readLabeledImages } from '../../cli/engine/finetune/read-labeled-images.ts';
import { countOf } from '../../cli/terminal/count-of.ts';
import { withRunDisplay } from '../../cli/terminal/with-display.ts';
import { cropPlan } from '../../model/finetune/crop-plan.ts';
import { finetuneModel } from '../../model/finetune/finetune-model.ts';
import { openHead } from '../../model/finetune/open-head.ts';
import { syntheticCrops } from '../../model/verify/synthetic-crops.ts';
import { openResults } from '../../results/open/open-results.ts';
import { relabel } from '../../results/relabel/relabel.ts';
import { stackCrops } from '../../shared/inference/batch.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { fixtures, importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine, median } from '../machine.ts';
import { syntheticRows } from '../synthetic-rows.ts';
import { rowByRow } from './row-by-row.ts';

// Time to learn your own labels and to apply them to stored rows, against computing the images again.
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
  },
});
const rows = Number(values.rows);
const threads = availableParallelism();
/** Enough to measure the rate: it keeps every number of an embedding as a JavaScript value. */
const naiveRows = Math.min(rows, 5000);
await using temporary = await temporaryFolder();
const work = temporary.path;

const at = (name: string) => join(work, name);
const published = await importGooglenet(at('published'));
console.log(describeMachine(['onnxruntime-node', '@duckdb/node-api', 'parquet-wasm']));
const learned = await learn(published, at('learned'));

const store = at('store');
await writeRows(store, published);
const size = published.manifest.outputs.embeddingSize;
console.log(`\n${rows} rows with embeddings of ${size} numbers in a folder, ${values.rounds} rounds, median:`);
const rates: Record<string, number[]> = { relabel: [], naive: [], recomputed: [] };
for (let round = 0; round < Number(values.rounds); round += 1) {
  rates['relabel']?.push(await rate(rows, () => relabelInto(at(`round-${round}`), store, learned, published)));
  rates['naive']?.push(await rate(naiveRows, () => naive(at(`naive-${round}`), store, learned)));
  rates['recomputed']?.push(await recomputeRate(published));
  await rm(at(`round-${round}`), { recursive: true });
  await rm(at(`naive-${round}`), { recursive: true });
}
const line = (name: string, what: string) => {
  const perSecond = median(rates[name] ?? []);
  const seconds = (rows / perSecond).toFixed(1);
  console.log(`${what.padEnd(46)} ${perSecond.toFixed(0).padStart(6)} rows/s  ${seconds.padStart(7)} s for ${rows}`);
};
line('relabel', 'relabel: open, read, label, write');
line('naive', `row by row in JavaScript, ${naiveRows} rows`);
line('recomputed', `the network again, ${countOf(threads, 'thread')}, prepared crops`);
console.log(
  `\nload average (1 min) at the end: ${loadavg()[0]?.toFixed(1)}. Starting the process is not measured. The first two rates\n` +
    'include opening the results; the third excludes decoding.',
);

async function learn(model: Model, out: string): Promise<Model> {
  const started = performance.now();
  const labeled = await readLabeledImages(fixtures.flowers, model, undefined);
  const plan = cropPlan('center', 1);
  const { examples, labels } = await gatherExamples(fixtures.flowers, labeled, model, { plan }, (work) =>
    withRunDisplay(true, work),
  );
  const gathered = performance.now();
  const options = { models: [model], examples, labels, name: 'bench-labels', out, folds: 5, seed: 1 };
  const { crossValidation } = await finetuneModel(options);
  const { accuracy, deviation } = crossValidation;
  console.log(
    `\n${examples.labels.length} images of ${labels.length} labels: embeddings in ${seconds(gathered - started)} s, ` +
      `nested cross-validation and fit in ${seconds(performance.now() - gathered)} s, ` +
      `accuracy ${accuracy.toFixed(3)} ± ${deviation.toFixed(3)}`,
  );
  return loadModel(out);
}

/** Writes classified rows of a model, with synthetic embeddings: their values do not affect the time. */
async function writeRows(folder: string, { id, preprocess, manifest }: Model): Promise<void> {
  const writer = new ResultsStore(new FolderStore(), { bucket: folder, prefix: '' });
  const dimensions = manifest.outputs.embeddingSize;
  for await (const part of syntheticRows({ rows, dimensions, classes: 100 })) {
    await writer.append(part.map((row) => ({ ...row, model: id, preprocess })));
  }
}

async function relabelInto(out: string, store: string, model: Model, source: Model): Promise<void> {
  const results = await openResults({ kind: 'folder', path: store });
  const head = await openHead(model);
  let stored = 0;
  await relabel([source.id], {
    ...{ results, model, head },
    writer: new ResultsStore(new FolderStore(), { bucket: out, prefix: '' }),
    now: () => new Date(),
    stop: new AbortController().signal,
    onStored: (part) => {
      stored += part.length;
    },
  });
  await head.close();
  await results.close();
  if (stored !== rows) throw new Error(`stored ${stored} of ${rows} rows`);
}

async function naive(out: string, store: string, model: Model): Promise<void> {
  const results = await openResults({ kind: 'folder', path: store });
  await rowByRow(results, model, new ResultsStore(new FolderStore(), { bucket: out, prefix: '' }), naiveRows);
  await results.close();
}

/** Images per second of the network alone. */
async function recomputeRate(model: Model): Promise<number> {
  const session = await openSession(model, { threads });
  const { crop } = model.manifest.preprocess;
  const crops = syntheticCrops(8, crop);
  const batches = 2 * threads;
  const run = () =>
    Promise.all(Array.from({ length: batches }, () => session.run(stackCrops(crops, crop.height, crop.width))));
  await run();
  const imagesPerSecond = await rate(batches * crops.length, run);
  await session.close();
  return imagesPerSecond;
}

async function rate(count: number, job: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await job();
  return (count / (performance.now() - started)) * 1000;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
