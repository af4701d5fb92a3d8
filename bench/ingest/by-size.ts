import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { findPreset } from '../../model/import/presets.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { type DecodeRule, decodeRules } from '../../shared/models/decode-rule.ts';
import { preprocessWithDecodeRule } from '../../shared/models/model-manifest.ts';
import { fixtures } from '../fixtures.ts';
import { describeMachine, median } from '../machine.ts';

// CPU time of preprocessing by image size and decode rule: a fixed time per image and a time per megapixel, which `plan` uses.
// Large images are mosaics of the photos, because enlarged photos have little detail and decode faster than real ones.
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
  },
});
const rounds = Number(values.rounds);
/** Phones store photos in portrait format turned, with an EXIF orientation. */
const stored = { upright: 1, turned: 6 } as const;
const sizes = [
  [0.2, 'upright'],
  [0.5, 'upright'],
  [3, 'upright'],
  [12, 'upright'],
  [12, 'turned'],
] as const;
const tile = 240;
const { preprocess: rule } = findPreset('bvlc');
const tiles = await Promise.all(
  (await readdir(fixtures.photos)).toSorted().map(async (name) => {
    const photo = await readFile(join(fixtures.photos, name));
    return sharp(photo).resize(tile, tile, { fit: 'cover', withoutEnlargement: true }).toBuffer();
  }),
);

console.log(describeMachine(['sharp']));
console.log(`4:3 JPEG mosaics of ${tiles.length} photos, one at a time, ${rounds} rounds\n`);
console.log('megapixels  stored   kilobytes  decode    CPU ms/image');
const points = new Map(decodeRules.map((name): [DecodeRule, Point[]] => [name, []]));
for (const [size, how] of sizes) {
  const files = await Promise.all(
    Array.from({ length: size > 5 ? 8 : 32 }, (_, first) => mosaic(size, first, stored[how])),
  );
  const kilobytes = files.reduce((sum, file) => sum + file.byteLength, 0) / files.length / 1000;
  const spent = new Map(decodeRules.map((name): [DecodeRule, number[]] => [name, []]));
  for (const file of files.slice(0, 4)) await cropImage(file, rule, defaultDecodeLimits);
  for (let round = 0; round < rounds; round += 1) {
    for (const name of decodeRules) spent.get(name)?.push(await milliseconds(files, name));
  }
  for (const [name, all] of spent) {
    const range = `(${Math.min(...all).toFixed(1)}–${Math.max(...all).toFixed(1)})`;
    const columns = [String(size).padStart(10), how.padEnd(7), kilobytes.toFixed(0).padStart(9), name.padEnd(6)];
    console.log(`${columns.join('  ')}  ${median(all).toFixed(1).padStart(14)}  ${range}`);
    if (how === 'upright') points.get(name)?.push({ x: size, y: median(all) });
  }
}
console.log('');
for (const [name, all] of points) {
  const { fixed, slope } = line(all);
  console.log(`${name}: ${fixed.toFixed(1)} ms per image and ${slope.toFixed(1)} ms per megapixel`);
}

/** CPU time per image. */
async function milliseconds(files: readonly Uint8Array[], name: DecodeRule): Promise<number> {
  const used = preprocessWithDecodeRule(rule, name);
  const before = process.cpuUsage();
  for (const file of files) await cropImage(file, used, defaultDecodeLimits);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / files.length;
}

/** A mosaic of the given megapixels. @param first selects the first tile */
async function mosaic(size: number, first: number, orientation: number): Promise<Buffer> {
  // Sides of cameras are multiples of 8.
  const width = Math.round(Math.sqrt((size * 1e6 * 4) / 3) / 32) * 32;
  const height = (width * 3) / 4;
  const columns = Math.ceil(width / tile);
  const rows = Math.ceil(height / tile);
  const layers = Array.from({ length: columns * rows }, (_, index) => ({
    input: tiles[(first * 7 + index) % tiles.length] ?? Buffer.alloc(0),
    left: (index % columns) * tile,
    top: Math.floor(index / columns) * tile,
  }));
  const background = { r: 117, g: 117, b: 117 };
  const whole = { width: columns * tile, height: rows * tile, channels: 3, background } as const;
  const full = await sharp({ create: whole }).composite(layers).raw().toBuffer({ resolveWithObject: true });
  return sharp(full.data, { raw: full.info })
    .extract({ left: 0, top: 0, width, height })
    .withMetadata({ orientation })
    .jpeg({ quality: 90 })
    .toBuffer();
}

interface Point {
  /** Megapixels. */
  readonly x: number;
  /** Milliseconds. */
  readonly y: number;
}

/** Least-squares line, with residuals relative to each y. */
function line(all: readonly Point[]): { fixed: number; slope: number } {
  const sum = (of: (point: Point) => number) => all.reduce((total, point) => total + of(point), 0);
  const weight = sum(({ y }) => 1 / y ** 2);
  const x = sum((point) => point.x / point.y ** 2) / weight;
  const y = sum((point) => 1 / point.y) / weight;
  const slope =
    sum((point) => ((point.x - x) * (point.y - y)) / point.y ** 2) / sum((point) => (point.x - x) ** 2 / point.y ** 2);
  return { fixed: y - slope * x, slope };
}
