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

// CPU time of preprocessing with regions: a time per image, which does not depend on their number, and a time per region, which
// `plan` uses. The photos as they are, and enlarged to 12 megapixels.
const { values } = parseArgs({ options: { photos: { type: 'string', default: '200' } } });
const { preprocess: rule } = findPreset('bvlc');
const names = (await readdir(fixtures.photos)).toSorted().slice(0, Number(values.photos));
const photos = await Promise.all(names.map((name) => readFile(join(fixtures.photos, name))));
const large = await Promise.all(photos.filter((_, index) => index % 10 === 0).map(enlarged));

console.log(describeMachine(['sharp']));
console.log(`${photos.length} photos, ${large.length} of them also at 12 megapixels, one at a time\n`);
console.log('photos          regions at most  regions/photo  CPU ms/photo  more than without');
for (const [size, files] of Object.entries({ 'as they are': photos, '12 megapixels': large })) {
  let without = Number.NaN;
  for (const maximum of [0, 1, 100]) {
    const used = maximum === 0 ? rule : preprocessWithRegions(rule, { maximum });
    for (const file of files.slice(0, 4)) await cropImage(file, used, defaultDecodeLimits);
    let found = 0;
    const started = processorClock();
    for (const file of files) found += (await cropImage(file, used, defaultDecodeLimits)).regions?.boxes.length ?? 0;
    const spent = (processorClock() - started) / files.length;
    if (maximum === 0) without = spent;
    const columns = [
      String(maximum).padStart(15),
      (found / files.length).toFixed(0).padStart(13),
      spent.toFixed(1).padStart(12),
      (spent - without).toFixed(1).padStart(17),
    ];
    console.log(`${size.padEnd(13)}  ${columns.join('  ')}`);
  }
}

async function enlarged(photo: Uint8Array): Promise<Buffer> {
  return sharp(photo).autoOrient().resize(4000, 3000, { fit: 'fill' }).jpeg({ quality: 90 }).toBuffer();
}
