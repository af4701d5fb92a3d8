import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Results } from '../../open/open-results.ts';
import type { Computation } from '../../questions/computation.ts';
import type { EmbeddingSpace } from '../embeddings/embedded-images.ts';

const rowsSchema = z.array(
  z.object({
    image_id: z.string(),
    status: z.string(),
    reason: z.string().nullable(),
    model: z.string(),
    isEmbedded: z.boolean(),
  }),
);

const computationsSchema = z.array(z.object({ model: z.string(), preprocess: z.string() }));
const keysSchema = z.array(z.object({ key: z.string() }));

/** Whether an image has this id, key or, if it is of a folder, file path; takes `$name` and `$path`. */
const isNamed = `(image_id = $name or key = $name or (starts_with(bucket, '/') and bucket || '/' || key = $path))`;

const maxListedIds = 5;

/** The models and preprocessings that classified an image, see `findImage`. */
export async function computationsOf(results: Results, name: string): Promise<Computation[]> {
  return results.query(
    computationsSchema,
    `select distinct model, preprocess from results where status = 'classified' and ${isNamed}`,
    { name, path: resolve(name) },
  );
}

/** The key that a mistyped one probably means: the most similar one, or the one with the most similar file name. */
export async function similarKey(results: Results, name: string): Promise<string | undefined> {
  const [found] = await results.query(
    keysSchema,
    `select key from (
       select key, greatest(
         jaro_winkler_similarity(lower(key), lower($name)),
         jaro_winkler_similarity(lower(regexp_extract(key, '[^/]*$')), lower($file))
       ) as similarity
       from results where status <> 'deleted'
     ) where similarity > ${minSimilarity} order by similarity desc, key limit 1`,
    { name, file: basename(name) },
  );
  return found?.key;
}

/** Of names that differ by a letter or two; 1 for equal ones. */
const minSimilarity = 0.9;

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
    `select image_id, status, reason, model,
       status = 'classified' and model = $model and preprocess = $preprocess as "isEmbedded"
     from results where ${isNamed} order by image_id`,
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
  const row = rows.find(({ status }) => status === 'classified') ?? rows[0];
  if (row === undefined) return undefined;
  const status = row.reason === null ? row.status : `${row.status} (${row.reason})`;
  const why = row.status === 'classified' ? `it was classified by ${row.model}` : `it is ${status}`;
  throw new UserError(`${name} has no embedding by ${model}: ${why}`);
}
