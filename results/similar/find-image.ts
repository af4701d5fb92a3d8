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

/** How many ids an error lists. */
const idsTold = 5;

/**
 * The id of an image that a person names: by its id, by its key, or by the path of a file that was run.
 * @returns undefined where the results know nothing by that name
 * @throws {UserError} where it is the name of several, listing their ids, or of one without an embedding in this space
 */
export async function findImage(
  results: Results,
  { model, preprocess }: Pick<EmbeddingSpace, 'model' | 'preprocess'>,
  name: string,
): Promise<string | undefined> {
  const reader = await results.connection.runAndReadAll(
    `select image_id, status, reason,
       status = 'classified' and model = $model and preprocess = $preprocess as "isEmbedded"
     from results where image_id = $name or key = $name or (starts_with(bucket, '/') and bucket || '/' || key = $path)
     order by image_id`,
    { model, preprocess, name, path: resolve(name) },
  );
  const rows = rowsSchema.parse(reader.getRowObjectsJS());
  const ids = new Set(rows.filter(({ isEmbedded }) => isEmbedded).map(({ image_id }) => image_id));
  const [only] = ids;
  if (only !== undefined && (ids.size === 1 || ids.has(name))) return ids.has(name) ? name : only;
  if (ids.size > 1) {
    const told = [...ids].slice(0, idsTold).join(', ');
    const more = ids.size > idsTold ? `, and ${ids.size - idsTold} more` : '';
    throw new UserError(`${name} is the name of ${ids.size} images, expected the id of one of them: ${told}${more}`);
  }
  const [known] = rows;
  if (known === undefined) return undefined;
  const why = known.reason === null ? known.status : `${known.status} (${known.reason})`;
  throw new UserError(
    known.status === 'classified'
      ? `${name} has no embedding by ${model}, another model classified it`
      : `${name} has no embedding by ${model}: it is ${why}`,
  );
}
