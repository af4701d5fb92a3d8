import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPreset } from '../../model/import/presets.ts';
import { openCropper } from '../../shared/images/cropper/image-cropper.ts';
import { decodePool } from '../../shared/images/decode/decode-pool.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { fixtures } from '../fixtures.ts';

// Crops a costly image, then 20 photos while it is decoded; prints times and memory as JSON. The photos alone come first.
const [path = ''] = process.argv.slice(2);
const pool = decodePool(2, { maxBytes: 2 ** 28 });
const cropper = openCropper({ rule: findPreset('bvlc').preprocess, limits: defaultDecodeLimits, pool });
const names = (await readdir(fixtures.photos)).toSorted().slice(0, 20);
const photos = await Promise.all(names.map((name) => readFile(join(fixtures.photos, name))));
const costly = await readFile(path);

const cropPhotos = async () => {
  const started = performance.now();
  await Promise.all(photos.map((photo) => cropper.crop(photo)));
  return performance.now() - started;
};
await cropPhotos();
const aloneMs = await cropPhotos();
// The process that decodes starts before it counts.
await cropper.crop(photos[0] ?? costly, { isSuspect: true });
let peak = 0;
const sampling = setInterval(() => {
  peak = Math.max(peak, residentBytes());
}, 10);
const started = performance.now();
const outcome = cropper.crop(costly).then(
  () => 'classified',
  (error: { reason?: string }) => error.reason ?? String(error),
);
const ended = outcome.then(() => performance.now() - started);
const neighborsMs = await cropPhotos();
const [ms, result] = [await ended, await outcome];
clearInterval(sampling);
console.log(JSON.stringify({ result, ms, peak: Math.max(peak, residentBytes()), aloneMs, neighborsMs }));
await cropper.close();

/** Resident memory of this process and of those that it has started. */
function residentBytes(): number {
  const children = readdirSync('/proc/self/task').flatMap((thread) =>
    read(`/proc/self/task/${thread}/children`).split(' ').filter(Boolean),
  );
  return ['self', ...children].reduce((sum, pid) => {
    const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`)) ?? [];
    return sum + Number(kilobytes) * 1024;
  }, 0);
}

/** Empty for a process that has ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
