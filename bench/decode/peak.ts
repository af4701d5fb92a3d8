import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { defaultDecodeLimits, identify } from '../../shared/decode/identify.ts';
import { cropRuleOf, type Preprocess } from '../../shared/model-manifest.ts';
import { preprocess } from '../../shared/preprocess/preprocess.ts';
import { peakMemory } from './peak-memory.ts';

// Decodes one file in this process and prints by how much its resident memory grew at the peak, beside what was expected,
// bytes. Memory after a decode tells nothing: what was taken has been given back by then.
const [path = '', count = '1'] = process.argv.slice(2);
const rule: Preprocess = {
  resize: { rule: 'warp', width: 256, height: 256 },
  crop: { rule: cropRuleOf(Number(count)) ?? 'center', width: 224, height: 224 },
  colourOrder: 'RGB',
  mean: [0, 0, 0],
  scale: [1, 1, 1],
  background: [255, 255, 255],
};
const bytes = await readFile(path);
const limits = { ...defaultDecodeLimits, maxPixels: Number.POSITIVE_INFINITY };
const { decodedBytes, width, height } = await identify(bytes, limits);
// What is loaded when the first picture is decoded is not the picture's.
const first = sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } });
await preprocess(await first.jpeg().toBuffer(), rule, limits);
const before = process.memoryUsage.rss();
const outcome = await preprocess(bytes, rule, limits).then(
  () => 'decoded',
  (error: unknown) => String(error),
);
const grown = peakMemory() - before;
console.log(JSON.stringify({ outcome, width, height, expected: decodedBytes, grown }));
