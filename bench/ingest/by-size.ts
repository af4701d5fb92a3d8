import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { findPreset } from '../../model/import/presets.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { describeMachine, median } from '../machine.ts';

// What an image costs ingest by its size: processor time of the real preprocessing, a part for every image and a part for
// each of its megapixels. `plan` takes its figures from here. Large pictures are laid out of the photos as tiles of their
// own pixels, since a photo that is blown up has little in it and is decoded faster than one that was taken so large.
const { values } = parseArgs({
  options: {
    photos: { type: 'string', default: join(process.env['INCEPTION_FIXTURES'] ?? '../shared', 'photos') },
    rounds: { type: 'string', default: '7' },
  },
});
const rounds = Number(values.rounds);
const megapixels = [0.2, 0.5, 2, 12];
const tile = 240;
const { preprocess: rule } = findPreset('bvlc');
const tiles = await Promise.all(
  (await readdir(values.photos)).toSorted().map(async (name) => {
    const photo = await readFile(join(values.photos, name));
    return sharp(photo).resize(tile, tile, { fit: 'cover', withoutEnlargement: true }).toBuffer();
  }),
);

console.log(describeMachine(['sharp']));
console.log(`JPEGs of 4:3 laid out of ${tiles.length} photos, one at a time, ${rounds} rounds\n`);
console.log('megapixels  kilobytes  CPU ms an image');
const points: { readonly x: number; readonly y: number }[] = [];
for (const size of megapixels) {
  const files = await Promise.all(Array.from({ length: size > 5 ? 8 : 32 }, (_, first) => picture(size, first)));
  for (const file of files.slice(0, 4)) await cropImage(file, rule, defaultDecodeLimits);
  const spent: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    for (const file of files) await cropImage(file, rule, defaultDecodeLimits);
    const { user, system } = process.cpuUsage(before);
    spent.push((user + system) / 1000 / files.length);
  }
  const kilobytes = files.reduce((sum, file) => sum + file.byteLength, 0) / files.length / 1000;
  const range = `(${Math.min(...spent).toFixed(1)}–${Math.max(...spent).toFixed(1)})`;
  console.log(
    `${String(size).padStart(10)}  ${kilobytes.toFixed(0).padStart(9)}  ${median(spent).toFixed(1).padStart(15)}  ${range}`,
  );
  points.push({ x: size, y: median(spent) });
}
const { fixed, slope } = line(points);
console.log(`\n${fixed.toFixed(1)} ms an image and ${slope.toFixed(1)} ms a megapixel`);

/** A picture of so many megapixels, its tiles from another photo on for each. */
async function picture(size: number, first: number): Promise<Buffer> {
  const width = Math.round(Math.sqrt((size * 1e6 * 4) / 3));
  const height = Math.round((width * 3) / 4);
  const columns = Math.ceil(width / tile);
  const rows = Math.ceil(height / tile);
  const layers = Array.from({ length: columns * rows }, (_, index) => ({
    input: tiles[(first * 7 + index) % tiles.length] ?? Buffer.alloc(0),
    left: (index % columns) * tile,
    top: Math.floor(index / columns) * tile,
  }));
  const background = { r: 117, g: 117, b: 117 };
  const whole = { width: columns * tile, height: rows * tile, channels: 3, background } as const;
  const laid = await sharp({ create: whole }).composite(layers).raw().toBuffer({ resolveWithObject: true });
  return sharp(laid.data, { raw: laid.info })
    .extract({ left: 0, top: 0, width, height })
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** The straight line through points that misses them least, by its squares relative to each. */
function line(all: readonly { readonly x: number; readonly y: number }[]): { fixed: number; slope: number } {
  const sum = (of: (point: { x: number; y: number }) => number) => all.reduce((total, point) => total + of(point), 0);
  const weight = sum(({ y }) => 1 / y ** 2);
  const x = sum((point) => point.x / point.y ** 2) / weight;
  const y = sum((point) => 1 / point.y) / weight;
  const slope =
    sum((point) => ((point.x - x) * (point.y - y)) / point.y ** 2) / sum((point) => (point.x - x) ** 2 / point.y ** 2);
  return { fixed: y - slope * x, slope };
}
