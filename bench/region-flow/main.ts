import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { countOf } from '../../cli/terminal/count-of.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { scoreCrops } from '../../shared/inference/score-crops.ts';
import { loadModel, modelWithRegions } from '../../shared/models/model-directory.ts';
import { cutRegions } from '../../shared/regions/cut-regions.ts';
import { proposeRegions } from '../../shared/regions/propose-regions.ts';
import { scaleRegions } from '../../shared/regions/working-size.ts';
import { fixtures, importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';
import { runOnPhotos } from '../photo-pipeline.ts';

// The pipeline with regions, and what each stage takes of the cores.
const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    photos: { type: 'string' },
    regions: { type: 'string', default: '100' },
    threads: { type: 'string', default: '2' },
    limit: { type: 'string', default: '40' },
  },
});
const [threads, maximum] = [Number(values.threads), Number(values.regions)];
const batchSize = 8;
await using temporary = await temporaryFolder();
const folder = resolve(values.photos ?? fixtures.regions);
const files = (await readdir(folder)).filter((name) => /\.(?:jpe?g|png)$/.test(name)).toSorted();
const photos = files.slice(0, Number(values.limit));
const plain =
  values.model === undefined ? await importGooglenet(join(temporary.path, 'model')) : await loadModel(values.model);
const model = modelWithRegions(plain, { maximum });
const rule = model.manifest.preprocess;
const session = await openSession(model, { threads });

console.log(describeMachine(['sharp', 'onnxruntime-node']));
console.log(`${photos.length} photos, at most ${maximum} regions each, ${model.id}, ${countOf(threads, 'thread')}\n`);

/** Seconds of a core, for each photo. */
const stages = { decode: 0, propose: 0, cut: 0, network: 0 };

/** Adds what the work takes of the cores to a stage. */
async function measured<T>(stage: keyof typeof stages, work: () => T | Promise<T>): Promise<T> {
  const before = process.cpuUsage();
  const result = await work();
  stages[stage] += coreSeconds(before);
  return result;
}

function coreSeconds(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / photos.length;
}

let crops = 0;
for (const name of photos) {
  const bytes = await readFile(join(folder, name));
  const { regions: _, ...whole } = rule;
  await measured('decode', () => cropImage(bytes, whole, defaultDecodeLimits));
  const cropped = await cropImage(bytes, rule, defaultDecodeLimits, undefined, undefined, async (search) => {
    const { picture, image, original, crop, max } = search;
    const proposed = await measured('propose', () => proposeRegions(picture, { max }));
    const boxes = scaleRegions(proposed, picture, original);
    return { boxes, pixels: await measured('cut', () => cutRegions(image, original, boxes, crop)) };
  });
  const units = [cropped.tensor, ...(cropped.regions?.pixels ?? []).map((pixels) => ({ count: 1, pixels }))];
  crops += units.length;
  await measured('network', () => scoreCrops(units, { model, session, batchSize }));
}

let kept = 0;
const [started, before] = [performance.now(), process.cpuUsage()];
await runOnPhotos({
  ...{ folder, photos, store: join(temporary.path, 'store'), model, session, threads, batchSize },
  onRows(rows) {
    for (const row of rows) kept += row.status === 'classified' ? (row.regions?.length ?? 0) : 0;
  },
});
const seconds = (performance.now() - started) / 1000;
const cores = coreSeconds(before);
await session.close();

const ofStages = Object.values(stages).reduce((sum, value) => sum + value, 0);
for (const [name, value] of Object.entries(stages)) print(name, value);
print('everything else', cores - ofStages);
print('pipeline', cores);
console.log(
  `\n${(photos.length / seconds).toFixed(2)} photos/s by the clock; ${(threads / cores).toFixed(2)} computed from the time of a core; ` +
    `${(crops / photos.length).toFixed(1)} crops and ${(kept / photos.length).toFixed(1)} kept regions per photo`,
);
console.log('Stages are measured one after another, the pipeline as a whole: there they share the cores.');

function print(name: string, value: number): void {
  const share = `${Math.round((100 * value) / cores)} %`;
  console.log(`${name.padEnd(16)} ${value.toFixed(3).padStart(6)} s of a core per photo ${share.padStart(6)}`);
}
