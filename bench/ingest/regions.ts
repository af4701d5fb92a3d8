import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { findPreset } from '../../model/import/presets.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { preprocessWithRegions } from '../../shared/models/model-manifest.ts';
import { processorClock } from '../compare-rates.ts';
import { fixtures } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';

// CPU time that regions add to preprocessing: per image, per region and per megapixel, which `plan` uses. The photos as they are,
// and every tenth enlarged.
const { values } = parseArgs({ options: { photos: { type: 'string', default: '200' } } });
const { preprocess: rule } = findPreset('bvlc');
const [many, largeMegapixels] = [100, 12];
const names = (await readdir(fixtures.photos)).toSorted().slice(0, Number(values.photos));
const photos = await Promise.all(names.map((name) => readFile(join(fixtures.photos, name))));
const large = await Promise.all(photos.filter((_, index) => index % 10 === 0).map(enlarged));

console.log(describeMachine(['sharp']));
console.log(`${photos.length} photos, ${large.length} of them also at 12 megapixels, one at a time\n`);
console.log('photos          regions at most  regions/photo  CPU ms/photo  more than without');
const small = await added('as they are', photos);
const enlarging = await added(`${largeMegapixels} megapixels`, large);

const perRegion = (small.many - small.one) / (many - 1);
const perImage = small.one - perRegion;
const perMegapixel = (enlarging.one - small.one) / (largeMegapixels - (await megapixelsOf(photos)));
console.log(
  `\nregions add ${perImage.toFixed(0)} ms per image, ${perRegion.toFixed(2)} ms per region and ${perMegapixel.toFixed(1)} ms ` +
    'per megapixel',
);

/** Milliseconds that one region and many regions add to an image. */
async function added(name: string, files: readonly Uint8Array[]): Promise<{ one: number; many: number }> {
  const without = await measure(name, files, 0, 0);
  const one = await measure(name, files, 1, without);
  return { one: one - without, many: (await measure(name, files, many, without)) - without };
}

/** Prints and returns the milliseconds per image. */
async function measure(name: string, files: readonly Uint8Array[], maximum: number, without: number): Promise<number> {
  const used = maximum === 0 ? rule : preprocessWithRegions(rule, { maximum });
  for (const file of files.slice(0, 4)) await cropImage(file, used, defaultDecodeLimits);
  let found = 0;
  const started = processorClock();
  for (const file of files) found += (await cropImage(file, used, defaultDecodeLimits)).regions?.boxes.length ?? 0;
  const spent = (processorClock() - started) / files.length;
  const columns = [
    String(maximum).padStart(15),
    (found / files.length).toFixed(0).padStart(13),
    spent.toFixed(1).padStart(12),
    (maximum === 0 ? '' : (spent - without).toFixed(1)).padStart(17),
  ];
  console.log(`${name.padEnd(13)}  ${columns.join('  ')}`.trimEnd());
  return spent;
}

/** Average. */
async function megapixelsOf(files: readonly Uint8Array[]): Promise<number> {
  const sizes = await Promise.all(files.map((file) => sharp(file).metadata()));
  return sizes.reduce((sum, { width, height }) => sum + width * height, 0) / files.length / 1e6;
}

async function enlarged(photo: Uint8Array): Promise<Buffer> {
  return sharp(photo).autoOrient().resize(4000, 3000, { fit: 'fill' }).jpeg({ quality: 90 }).toBuffer();
}
