import { randomFillSync } from 'node:crypto';
import type { ClassifiedRow, RejectedRow, ResultRow } from '../../shared/rows/row.ts';

const dimensions = 1024;
const labels = 1000;
const jobs = 10;
const rejectedEvery = 50;
const start = Date.UTC(2026, 2, 1);

/** Embeddings are slices of this pool at different offsets, which is faster than generating each. */
const pool = new Float32Array(4 * 1024 * 1024);
const noise = new Uint32Array(pool.length);
for (let from = 0; from < noise.length; from += 1 << 14) randomFillSync(noise.subarray(from, from + (1 << 14)));
for (const [index, value] of noise.entries()) pool[index] = value / 2 ** 32;

/** A row as a worker would write it, with the variety of a real job. */
export function generatedRow(image: number): ResultRow {
  return image % rejectedEvery === 0 ? rejected(image) : classified(image);
}

function base(image: number) {
  const key = `job-${image % jobs}/${String(image).padStart(9, '0')}-${(image * 2654435761) % 4294967296}.jpg`;
  const etag = (image * 40503).toString(16).padStart(32, '0');
  return {
    image_id: `drop/${key}@${etag}`,
    bucket: 'drop',
    key,
    version: null,
    etag,
    job: `job-${image % jobs}`,
    model: 'googlenet@0123456789ab',
    preprocess: 'fedcba9876543210',
    bytes: 100_000 + (image % 50_000),
    sequencer: image.toString(16).toUpperCase().padStart(16, '0'),
    event_time: new Date(start + image),
    ingested_at: new Date(start + image + 500),
  } as const;
}

function classified(image: number): ClassifiedRow {
  const label = (image * 7919) % labels;
  const scored = (rank: number) => ({
    label_id: `n${String((label + rank) % labels).padStart(8, '0')}`,
    label: `label ${(label + rank) % labels}`,
    probability: Math.fround(0.9 / (rank + 1)),
  });
  const top = [0, 1, 2, 3, 4].map(scored);
  const from = (image * 1009) % (pool.length - dimensions);
  return {
    ...base(image),
    status: 'classified',
    reason: null,
    detail: null,
    ...scored(0),
    top,
    embedding: pool.subarray(from, from + dimensions),
    width: 500,
    height: 375,
    format: 'jpeg',
    provider: 'cuda',
    classified_at: new Date(start + image + 1500),
  };
}

function rejected(image: number): RejectedRow {
  return {
    ...base(image),
    status: 'rejected',
    reason: 'not_an_image',
    detail: 'not an image but text',
  };
}
