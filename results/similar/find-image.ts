import { resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Results } from '../open/open-results.ts';
import type { EmbeddingSpace } from './embedded-images.ts';

const rowsSchema = z.array(
  z.object({
    image_id: z.string(),
    status: z.string(),
    reason: z.string().nullable(),
    isEmbedded: z.boolean(),
  }),
);

const maxListedIds = 5;

/**
 * The id of the image with this id, key or, for images of a folder, file path.
 * @returns undefined if no row matches
 * @throws {UserError} if several images match, listing their ids, or if the image has no embedding in this space
 */
export async function findImage(
  results: Results,
  { model, preprocess }: Pick<EmbeddingSpace, 'model' | 'preprocess'>,
  name: string,
): Promise<string | undefined> {
  const rows = await results.query(
    rowsSchema,
    `select image_id, status, reason,
       status = 'classified' and model = $model and preprocess = $preprocess as "isEmbedded"
     from results where image_id = $name or key = $name or (starts_with(bucket, '/') and bucket || '/' || key = $path)
     order by image_id`,
    { model, preprocess, name, path: resolve(name) },
  );
  const ids = new Set(rows.filter(({ isEmbedded }) => isEmbedded).map(({ image_id }) => image_id));
  const [only] = ids;
  if (only !== undefined && (ids.size === 1 || ids.has(name))) return ids.has(name) ? name : only;
  if (ids.size > 1) {
    const listed = [...ids].slice(0, maxListedIds).join(', ');
    const more = ids.size > maxListedIds ? `, and ${ids.size - maxListedIds} more` : '';
    throw new UserError(`${name} matches ${ids.size} images: give the id of one of them: ${listed}${more}`);
  }
  const [row] = rows;
  if (row === undefined) return undefined;
  const status = row.reason === null ? row.status : `${row.status} (${row.reason})`;
  const why = row.status === 'classified' ? 'another model classified it' : `it is ${status}`;
  throw new UserError(`${name} has no embedding by ${model}: ${why}`);
}
