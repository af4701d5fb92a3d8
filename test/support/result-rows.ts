import type { ClassifiedRow, DeletedRow, RejectedRow, StoredRegion } from '../../shared/rows/row.ts';

const base = {
  bucket: 'drop',
  version: null,
  etag: 'e1',
  job: 'default',
  model: 'googlenet@0123456789ab',
  preprocess: 'fedcba9876543210',
  bytes: 109_527,
  sequencer: null,
  event_time: new Date('2026-03-01T10:00:00.125Z'),
  ingested_at: new Date('2026-03-01T10:00:01.250Z'),
};

/** A classified row with made-up values. */
export function classifiedRow(key: string, changes: Partial<ClassifiedRow> = {}): ClassifiedRow {
  return {
    ...base,
    image_id: `drop/${key}@e1`,
    key,
    status: 'classified',
    reason: null,
    detail: null,
    label: 'tench',
    label_id: 'n01440764',
    probability: Math.fround(0.7),
    top: [
      { label_id: 'n01440764', label: 'tench', probability: Math.fround(0.7) },
      { label_id: 'n01443537', label: 'goldfish', probability: Math.fround(0.2) },
    ],
    embedding: Float32Array.of(0, 0.1, -1.5),
    width: 500,
    height: 375,
    format: 'jpeg',
    provider: 'cpu',
    classified_at: new Date('2026-03-01T10:00:02.500Z'),
    ...changes,
  };
}

/** A region with made-up values, inside the image of `classifiedRow`. */
export function storedRegion(changes: Partial<StoredRegion> = {}): StoredRegion {
  return {
    ...{ x: 40, y: 30, width: 200, height: 150 },
    objectness: Math.fround(0.4),
    label: 'tench',
    label_id: 'n01440764',
    probability: Math.fround(0.9),
    embedding: Float32Array.of(0.5, 0.25, -2),
    ...changes,
  };
}

/** A rejected row with made-up values. */
export function rejectedRow(key: string, changes: Partial<RejectedRow> = {}): RejectedRow {
  return {
    ...base,
    image_id: `drop/${key}@e1`,
    key,
    status: 'rejected',
    reason: 'not_an_image',
    detail: 'expected the bytes of an image, got text',
    ...changes,
  };
}

let deletions = 0;

/** The mark that the object under a key was deleted, a day after `classifiedRow`'s upload; each has a different id. */
export function deletedRow(key: string, changes: Partial<DeletedRow> = {}): DeletedRow {
  deletions += 1;
  return {
    ...base,
    image_id: `drop/${key}@deleted-${deletions}`,
    key,
    etag: null,
    bytes: null,
    status: 'deleted',
    reason: null,
    detail: null,
    event_time: new Date('2026-03-02T10:00:00.125Z'),
    ...changes,
  };
}
