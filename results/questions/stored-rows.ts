import { z } from 'zod';
import { type FailureReason, isFailureReason } from '../../shared/failures/failure.ts';
import { type RowSelection, rowCondition } from './row-selection.ts';
import type { StoredRow } from './stored-row.ts';

const text = z.string();
const base = {
  image_id: text,
  bucket: text,
  key: text,
  version: text.nullable(),
  etag: text.nullable(),
  job: text,
  model: text,
  preprocess: text,
  bytes: z.bigint().transform(Number).nullable(),
  event_time: z.date(),
  ingested_at: z.date(),
};

const region = {
  ...{ x: z.number(), y: z.number(), width: z.number(), height: z.number() },
  ...{ label_id: text, label: text, probability: z.number(), objectness: z.number() },
};

const rowSchema = z.discriminatedUnion('status', [
  z.object({
    ...base,
    status: z.literal('classified'),
    label: text,
    label_id: text,
    probability: z.number(),
    top: z.array(z.object({ label_id: text, label: text, probability: z.number() })),
    embedding: z
      .array(z.number())
      .transform((numbers) => Float32Array.from(numbers))
      .exactOptional(),
    width: z.number(),
    height: z.number(),
    format: text,
    provider: text,
    classified_at: z.date(),
    regions: z.array(z.object(region)).nullable(),
    proposals: z.number().nullable(),
  }),
  z.object({
    ...base,
    status: z.literal('rejected'),
    reason: text.transform((name): FailureReason => (isFailureReason(name) ? name : 'internal')),
    detail: text,
  }),
  z.object({ ...base, status: z.literal('deleted'), label: text.nullable() }),
]);

/** For `Results.streamRows`: a chunk of rows. */
export const storedRowsSchema: z.ZodType<StoredRow[]> = z.array(rowSchema);

/** The query for all columns of the selected rows, ordered by bucket and key. */
export function storedRowsSql(selection: RowSelection): string {
  return `select * from results where ${rowCondition(selection)} order by bucket, key, image_id, model, preprocess`;
}
