import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { z } from 'zod';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { scoreCrops } from '../../shared/inference/score-crops.ts';
import { loadModel, modelWithRegions } from '../../shared/models/model-directory.ts';
import { intersectionOverUnion, shareOfSmaller } from '../../shared/regions/intersection-over-union.ts';
import { keepRegions } from '../../shared/regions/keep-regions.ts';
import type { Box } from '../../shared/regions/region.ts';
import { wholeImageBox } from '../../shared/regions/whole-image.ts';
import { fixtures, importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';

// How many of the kept regions are on an object, with the rule for background and with a probability alone.
const { values } = parseArgs({ options: { model: { type: 'string' }, regions: { type: 'string', default: '100' } } });
await using temporary = await temporaryFolder();
const plain =
  values.model === undefined ? await importGooglenet(join(temporary.path, 'model')) : await loadModel(values.model);
const model = modelWithRegions(plain, { maximum: Number(values.regions) });
const { labels, backgroundLabel, preprocess } = model.manifest;
const session = await openSession(model, { threads: 2 });

/** An image, and its objects: a label is the start of a label's id, empty for an animal that the network has no label of. */
interface Case {
  readonly bytes: Uint8Array;
  readonly objects: readonly (Box & { readonly label: string })[];
}

const animals = async function* (): AsyncGenerator<Case> {
  const boxes = z
    .record(z.string(), z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])))
    .parse(JSON.parse(await readFile(join(fixtures.regions, 'boxes.json'), 'utf8')));
  for (const [name, ofImage] of Object.entries(boxes)) {
    const objects = ofImage.map(([left, top, right, bottom]) => ({
      ...{ x: left - 1, y: top - 1, width: right - left + 1, height: bottom - top + 1, label: '' },
    }));
    yield { bytes: await readFile(join(fixtures.regions, name)), objects };
  }
};

/** Four photos of a label each, side by side. */
const grids = async function* (): AsyncGenerator<Case> {
  const folder = resolve(fixtures.photos);
  const photos = (await readdir(folder)).toSorted();
  const tile = { width: 250, height: 190 };
  for (let grid = 0; grid < 15; grid += 1) {
    const names = [0, 1, 2, 3].map((place) => photos[(grid * 13 + place * 47 + 1) % photos.length] ?? '');
    const objects = names.map((name, place) => ({
      ...{ x: 5 + (place % 2) * 260, y: 5 + (place >> 1) * 200, ...tile, label: name.split('_')[0] ?? '' },
    }));
    const tiles = objects.map(async ({ x, y }, place) => ({
      input: await sharp(join(folder, names[place] ?? ''))
        .resize({ ...tile, fit: 'cover' })
        .toBuffer(),
      ...{ left: x, top: y },
    }));
    const canvas = sharp({ create: { width: 520, height: 400, channels: 3, background: '#888' } });
    yield {
      bytes: await canvas
        .composite(await Promise.all(tiles))
        .jpeg({ quality: 92 })
        .toBuffer(),
      objects,
    };
  }
};

console.log(describeMachine(['sharp', 'onnxruntime-node']));
console.log(`at most ${values.regions} regions per image, ${model.id}\n`);
console.log('images      rule               kept per image   on an object   objects found at IoU 0.5');
for (const [name, cases] of Object.entries({ animals, grids })) await evaluate(name, cases());
await session.close();

async function evaluate(name: string, cases: AsyncIterable<Case>): Promise<void> {
  const sums = { rule: newSum(), 'probability 0.3': newSum() };
  for await (const { bytes, objects } of cases) {
    const { tensor, regions, width, height } = await cropImage(bytes, preprocess, defaultDecodeLimits);
    const { boxes, pixels } = regions ?? { boxes: [], pixels: [] };
    const units = [tensor, ...pixels.map((crop) => ({ count: 1, pixels: crop }))];
    const { probabilities } = await scoreCrops(units, { model, session, batchSize: 8 });
    const rowOf = (row: number) => probabilities.subarray(row * labels.length, (row + 1) * labels.length);
    const scored = boxes.map((box, index) => ({ ...box, probabilities: rowOf(index + 1) }));
    const whole = { ...wholeImageBox({ width, height }), probabilities: rowOf(0) };
    // An image that supports every label leaves only the probability and the entropy.
    const everything = { ...whole, probabilities: new Float32Array(labels.length).fill(1) };
    add(sums.rule, keepRegions(scored, { labels, backgroundLabel, whole }), objects);
    add(sums['probability 0.3'], keepRegions(scored, { labels, backgroundLabel, whole: everything }), objects);
  }
  for (const [rule, { images, kept, right, objects, found }] of Object.entries(sums)) {
    const figures = [
      (kept / images).toFixed(1).padStart(14),
      (right / kept).toFixed(2).padStart(14),
      `${found}/${objects}`,
    ];
    console.log(`${name.padEnd(11)} ${rule.padEnd(18)} ${figures.join(' ')}`);
  }
}

function newSum() {
  return { images: 0, kept: 0, right: 0, objects: 0, found: 0 };
}

function add(sum: ReturnType<typeof newSum>, kept: ReturnType<typeof keepRegions>, objects: Case['objects']): void {
  const fits = (id: string, label: string) => id.startsWith(label);
  sum.images += 1;
  sum.kept += kept.length;
  sum.objects += objects.length;
  // More than half of the region, or of the object, is the other.
  sum.right += kept.filter(({ region, label_id: id }) =>
    objects.some((object) => fits(id, object.label) && shareOfSmaller(region, object) > 0.5),
  ).length;
  sum.found += objects.filter((object) =>
    kept.some(({ region, label_id: id }) => fits(id, object.label) && intersectionOverUnion(region, object) >= 0.5),
  ).length;
}
