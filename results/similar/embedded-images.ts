import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Results } from '../open/open-results.ts';

/** Embeddings that can be compared with each other: those of one model and one way of preprocessing. */
export interface EmbeddingSpace {
  /** `name@digest`, as `modelId` gives it. */
  readonly model: string;
  /** As `preprocessDigest` gives it. */
  readonly preprocess: string;
  /** Numbers of an embedding. */
  readonly dimensions: number;
}

/** How many images there are of a space, without those that were deleted. */
export interface EmbeddedImages extends Omit<EmbeddingSpace, 'dimensions'> {
  readonly images: number;
}

/** The rows of a space in the view `results`, for `$model` and `$preprocess`. */
export const embeddedRowsSql = `from results where status = 'classified' and model = $model and preprocess = $preprocess`;

/** The column `embedding` as an array that can be compared; null for one of another length. */
export function embeddingSql(dimensions: number): string {
  return `if(len(embedding) = ${dimensions}, embedding, null)::float[${dimensions}]`;
}

/** Whether an embedding has a direction: not so zeros, NaN, or one of another length. */
export function hasDirectionSql(dimensions: number): string {
  const square = `array_inner_product(${embeddingSql(dimensions)}, ${embeddingSql(dimensions)})`;
  return `${square} > 0 and isfinite(${square})`;
}

const groupsSchema = z.array(z.object({ model: z.string(), preprocess: z.string(), images: z.number() }));
const lengthsSchema = z.tuple([z.tuple([z.bigint().transform(Number)])]);

/** What there is to search, most images first. */
export async function embeddedImages(results: Results): Promise<EmbeddedImages[]> {
  const reader = await results.connection.runAndReadAll(
    `select model, preprocess, count(*)::double as images from results where status = 'classified'
     group by all order by images desc, model, preprocess`,
  );
  return groupsSchema.parse(reader.getRowObjectsJS());
}

/**
 * The images to search.
 * @param wanted what is left out is that of the most images
 * @throws {UserError} where there are none, or none of what was asked for, naming what there is
 */
export async function chooseEmbeddings(
  results: Results,
  { model, preprocess }: { readonly model?: string | undefined; readonly preprocess?: string | undefined },
  storeName: string,
): Promise<EmbeddedImages> {
  const all = await embeddedImages(results);
  if (all.length === 0) {
    const why = results.partCount === 0 ? '"inception-batch run" makes them' : 'no image in it is classified';
    throw new UserError(`no embeddings in ${storeName}: ${why}`);
  }
  const ofModel = all.filter((group) => model === undefined || group.model === model);
  const chosen = ofModel.find((group) => preprocess === undefined || group.preprocess === preprocess);
  if (chosen !== undefined) return chosen;
  const isPreprocess = ofModel.length > 0;
  const known = (isPreprocess ? ofModel : all).map((group) => (isPreprocess ? group.preprocess : group.model));
  throw new UserError(
    `no embeddings of ${isPreprocess ? `preprocessing ${preprocess}` : `model ${model}`} in ${storeName}, ` +
      `which has those of ${[...new Set(known)].join(', ')}`,
  );
}

/** Numbers of an embedding: a model's all have the same. */
export async function dimensionsOf(
  results: Results,
  { model, preprocess }: Omit<EmbeddingSpace, 'dimensions'>,
): Promise<number> {
  const reader = await results.connection.runAndReadAll(`select len(embedding) ${embeddedRowsSql} limit 1`, {
    model,
    preprocess,
  });
  const [[length]] = lengthsSchema.parse(reader.getRowsJS());
  return length;
}
