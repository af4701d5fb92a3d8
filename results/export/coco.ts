import type { DuckDBConnection, Json } from '@duckdb/node-api';
import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import { type RowSelection, rowCondition } from '../questions/row-selection.ts';
import { jsonValue } from './json-value.ts';

export interface CocoOptions extends RowSelection {
  /** Maximum images. @default all */
  readonly limit?: number | undefined;
}

const modelsSchema = z.array(z.object({ model: z.string() }));

/**
 * The regions as a COCO data set: `images`, `annotations` with `bbox` (x, y, width and height in pixels of the upright
 * original) and `score` (the probability of the label), and `categories` of the labels that occur. Every selected image that
 * was classified with regions is listed, also without an annotation; the label and the probability select annotations. Of
 * several computations of an image the latest counts. The same results give the same text.
 * @param counter counts the annotations
 * @throws {UserError} if the regions are of several models, or no image was classified with regions
 */
export async function* cocoText(
  connection: DuckDBConnection,
  { limit, label, minProbability, ...images }: CocoOptions,
  counter: { rows: number },
): AsyncGenerator<string> {
  await createTables(connection, rowCondition(images), rowCondition({ label, minProbability, deleted: true }), limit);
  const model = await modelOf(connection);
  yield `{"info":${JSON.stringify({ description: 'Regions found by inception-batch', model })},\n"images":[`;
  yield* objectsOf(connection, imagesSql);
  yield '],\n"annotations":[';
  yield* objectsOf(connection, annotationsSql, counter);
  yield '],\n"categories":[';
  yield* objectsOf(connection, categoriesSql);
  yield ']}\n';
}

/** Numbers images, annotations and categories from 1, in an order that does not depend on the parts. */
async function createTables(
  connection: DuckDBConnection,
  ofImages: string,
  ofRegions: string,
  limit: number | undefined,
): Promise<void> {
  await connection.run(`
    create or replace temp table coco_images as
    select row_number() over (order by bucket, key, image_id, model) as id, image_id, model, preprocess, key, width, height
    from (
      from results where regions is not null and ${ofImages}
      qualify row_number() over (partition by image_id, model order by classified_at desc, preprocess) = 1
    ) order by id ${limit === undefined ? '' : `limit ${limit}`}`);
  await connection.run(`
    create or replace temp table coco_annotations as
    select coco_images.id as image, region, label, label_id, x, y, width, height, probability, objectness
    from (from regions where ${ofRegions}) as part
    join (select id, image_id, model, preprocess from coco_images) as coco_images using (image_id, model, preprocess)`);
  await connection.run(`
    create or replace temp table coco_categories as
    select row_number() over (order by label_id, label) as id, label, label_id
    from (select distinct label, label_id from coco_annotations)`);
}

const imagesSql = `
  select id, key as file_name, width, height, image_id as source from coco_images order by id`;

const annotationsSql = `
  select row_number() over (order by image, region) as id, image as image_id, coco_categories.id as category_id,
    [x, y, width, height] as bbox, width::bigint * height as area, 0 as iscrowd, probability as score, objectness
  from coco_annotations join coco_categories using (label, label_id) order by image, region`;

/** Readers tell categories apart by name, and two labels can have the same: two of ImageNet are `crane`. */
const categoriesSql = `
  select id, case when count(*) over (partition by label) = 1 then label else concat(label, ' (', label_id, ')') end as name, label_id
  from coco_categories order by id`;

async function modelOf(connection: DuckDBConnection): Promise<string> {
  const reader = await connection.runAndReadAll('select distinct model from coco_images order by model');
  const [first, ...others] = modelsSchema.parse(reader.getRowObjectsJS()).map(({ model }) => model);
  if (first === undefined) {
    throw new UserError('none of these images was classified with regions');
  }
  if (others.length === 0) return first;
  throw new UserError(`the regions are of several models: give --model with one of ${[first, ...others].join(', ')}`);
}

/** The rows of a query as JSON objects, one per line. */
async function* objectsOf(
  connection: DuckDBConnection,
  sql: string,
  counter: { rows: number } = { rows: 0 },
): AsyncGenerator<string> {
  const result = await connection.stream(sql);
  const names = result.columnNames();
  let separator = '\n';
  for await (const chunk of result) {
    counter.rows += chunk.rowCount;
    const lines = chunk.convertRows(jsonValue).map((row) => {
      const entries: [string, Json | null][] = names.map((name, index) => [name, row[index] ?? null]);
      return JSON.stringify(Object.fromEntries(entries));
    });
    if (lines.length === 0) continue;
    yield separator + lines.join(',\n');
    separator = ',\n';
  }
}
