import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { identify } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { cropRuleForCount } from '../../shared/models/crop-rule.ts';
import type { Preprocess } from '../../shared/models/model-manifest.ts';
import { peakMemory } from './peak-memory.ts';

// Decodes one file and prints the peak growth of this process's resident memory and the estimate, in bytes. Memory after
// decoding says nothing: it has been freed by then.
const [path = '', count = '1', resize = 'warp', maxPixels = '1e12'] = process.argv.slice(2);
const rule: Preprocess = {
  resize: { rule: resize === 'cover' ? 'cover' : 'warp', width: 256, height: 256 },
  crop: { rule: cropRuleForCount(Number(count)) ?? 'center', width: 224, height: 224 },
  colourOrder: 'RGB',
  mean: [0, 0, 0],
  scale: [1, 1, 1],
  background: [255, 255, 255],
};
const bytes = await readFile(path);
const limits = { maxPixels: Number(maxPixels) };
// The first decode loads libraries, which must not count.
const warmUp = sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } });
await cropImage(await warmUp.jpeg().toBuffer(), rule, limits);
const before = process.memoryUsage.rss();
const outcome = await cropImage(bytes, rule, limits).then(
  ({ tensor }) => ({ outcome: 'decoded', colour: onlyColor(tensor.pixels) }),
  (error: unknown) => ({ outcome: String(error), colour: null }),
);
const grown = peakMemory() - before;
const expected = await identify(bytes, { maxPixels: Number.POSITIVE_INFINITY }).then(
  ({ decodeMemoryBytes }) => decodeMemoryBytes,
  () => 0,
);
console.log(JSON.stringify({ ...outcome, expected, grown }));

/** The color of all pixels, if it is the same. */
function onlyColor(pixels: Uint8Array): number[] | null {
  return pixels.every((value, index) => value === pixels[index % 3]) ? [...pixels.subarray(0, 3)] : null;
}
