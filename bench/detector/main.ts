import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { detectorExamples, shareProposed } from '../../cli/engine/finetune/detector-examples.ts';
import { embedAnnotated } from '../../cli/engine/finetune/embed-annotated.ts';
import { printTable } from '../../cli/terminal/print-table.ts';
import { countFound, type FoundCounts } from '../../model/detector/evaluate/count-found.ts';
import type { Detection } from '../../model/detector/evaluate/detection.ts';
import { precisionOf, type TestOutcome, testOn } from '../../model/detector/train/cross-validate-detector.ts';
import type { DetectorExamples } from '../../model/detector/train/detector-examples.ts';
import { splitByImage } from '../../model/detector/train/split-by-image.ts';
import { classesOf } from '../../model/detector/train/train-detector.ts';
import { openHeadMath } from '../../model/finetune/open-head-math.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import { fixtures, importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';

// A detector of raccoons from 30 of 40 photos, tested on the other 10: five splits.
const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    regions: { type: 'string', default: '200' },
    threads: { type: 'string', default: '2' },
    strengths: { type: 'string', default: '0.1,0.3,1' },
  },
});
const [max, threads] = [Number(values.regions), Number(values.threads)];
const seeds = [1, 2, 3, 4, 5];
/** A quarter of the photos is tested. */
const folds = 4;
await using temporary = await temporaryFolder();
const model =
  values.model === undefined ? await importGooglenet(join(temporary.path, 'model')) : await loadModel(values.model);

const edges = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const annotated = Object.entries(
  z.record(z.string(), z.array(edges)).parse(JSON.parse(await readFile(join(fixtures.regions, 'boxes.json'), 'utf8'))),
).map(([name, boxes]) => ({
  name,
  objects: boxes.map(([left, top, right, bottom]) => {
    return { label: 'raccoon', x: left - 1, y: top - 1, width: right - left + 1, height: bottom - top + 1 };
  }),
}));

const started = performance.now();
const examples = await embed(model);
const seconds = (performance.now() - started) / 1000;
const regions = examples.images.reduce((sum, { boxes }) => sum + boxes.length, 0);
const objects = examples.images.reduce((sum, image) => sum + image.objects.length, 0);

console.log(describeMachine(['sharp', 'onnxruntime-node']));
console.log(
  `${examples.images.length} photos, ${objects} objects, ${model.id}, ${max} proposals per photo, which with ` +
    `the whole image find ${(100 * shareProposed(examples.images)).toFixed(1)} % of the objects`,
);
console.log(`${regions} regions embedded on ${threads} threads in ${seconds.toFixed(0)} s\n`);

const math = await openHeadMath({ ...examples, labels: classesOf(examples), classes: examples.labels.length + 1 });
const rows: string[][] = [];
for (const strength of values.strengths.split(',').map(Number)) {
  const outcomes: TestOutcome[] = [];
  for (const seed of seeds) {
    const [split] = splitByImage(examples.images, { folds, seed });
    if (split !== undefined) outcomes.push(await testOn(math, examples, split, { seed, strength }));
  }
  const add = (
    name: string,
    detectionsOf: Parameters<typeof precisionOf>[1],
    keptOf?: (outcome: TestOutcome) => readonly Detection[],
  ) => {
    const each = outcomes.map((outcome) => precisionOf([outcome], detectionsOf).at50.toFixed(2));
    const { at50, deviation, coco } = precisionOf(outcomes, detectionsOf);
    rows.push([
      name,
      String(strength),
      `${at50.toFixed(3)} ± ${deviation.toFixed(3)}`,
      each.join(' '),
      coco.toFixed(3),
      keptOf === undefined ? '' : keptText(outcomes.map((outcome) => countFound(keptOf(outcome), outcome.truth))),
    ]);
  };
  add('whole image', ({ wholeImage }) => wholeImage);
  add(
    'boxes as proposed',
    ({ proposals }) => proposals.detections,
    ({ proposals }) => proposals.kept,
  );
  add(
    'boxes moved by regression',
    ({ regression }) => regression?.detections ?? [],
    ({ regression }) => regression?.kept ?? [],
  );
}
await math.close();
printTable(['', 'penalty', 'AP at 0.5', 'of each split', 'COCO AP', 'kept by a run'], rows, {
  columns: undefined,
  rightFrom: 4,
});
console.log('\nAP at 0.5 as VOC defines it (all points), mean and standard deviation over the splits.');

/** Of all splits: a photo may be tested in several. */
function keptText(counts: readonly FoundCounts[]): string {
  const sum = (key: keyof FoundCounts) => counts.reduce((total, count) => total + count[key], 0);
  return `${sum('found')} of ${sum('objects')}, ${sum('falseBoxes')} false`;
}

async function embed(described: Model): Promise<DetectorExamples> {
  const session = await openSession(described, { threads, batchSize: 16 });
  try {
    const scorer = { model: described, session, batchSize: 16 };
    const gathered = await embedAnnotated(annotated, {
      folder: fixtures.regions,
      scorer,
      max,
      threads,
      onProgress: () => {},
    });
    const { embeddingSize } = described.manifest.outputs;
    return detectorExamples(gathered, embeddingSize, {
      path: 'boxes.json',
      folder: fixtures.regions,
      isFolderGiven: true,
    });
  } finally {
    await session.close();
  }
}
