import { z } from 'zod';
import { statuses } from '../filter-values.ts';
import type { ImageItem } from '../responses.ts';
import type { Catalogue } from './open-catalogue.ts';
import { idColumn } from './row-id.ts';

export const itemSchema = z.object({
  n: z.number(),
  id: z.string(),
  image_id: z.string(),
  key: z.string(),
  job: z.string(),
  status: z.enum(statuses),
  reason: z.string().nullable(),
  label: z.string().nullable(),
  label_id: z.string().nullable(),
  probability: z.number().nullable(),
  model_name: z.string().nullable(),
});

/** SQL columns that `itemSchema` parses. */
export const itemColumns = `n, ${idColumn}, image_id, key, job, status, reason, label, label_id, probability, model_name`;

const rowsSchema = z.array(itemSchema);

/** Images by their row numbers, in the same order. */
export async function imagesByNumber(catalogue: Catalogue, numbers: readonly number[]): Promise<ImageItem[]> {
  if (numbers.length === 0) return [];
  const rows = rowsSchema.parse(
    await catalogue.rows(`select ${itemColumns} from images where n in (${numbers.join(', ')})`),
  );
  const byNumber = new Map(rows.map((row) => [row.n, row]));
  return numbers.flatMap((n) => {
    const row = byNumber.get(n);
    return row === undefined ? [] : [itemOf(row)];
  });
}

export function itemOf(row: z.output<typeof itemSchema>): ImageItem {
  const { id, key, job, status, reason, label, label_id: labelId, probability, model_name: modelName } = row;
  return { id, key, job, status, reason, label, labelId, probability, modelName };
}
