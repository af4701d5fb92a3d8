import { z } from 'zod';
import { programName } from '../../../shared/failures/program-name.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Results } from '../../open/open-results.ts';
import { type Computation, computationId } from '../../questions/computation.ts';
import { modelsMatching, nearestModel } from '../../questions/stored-models.ts';

/** Embeddings that can be compared with each other: those of one model and preprocessing. */
export interface EmbeddingSpace {
  /** `name@digest`, see `modelId`. */
  readonly model: string;
  /** See `preprocessDigest`. */
  readonly preprocess: string;
  /** Numbers per embedding. */
  readonly dimensions: number;
}

export interface EmbeddedImages extends Omit<EmbeddingSpace, 'dimensions'> {
  /** Images with an embedding in the space, without deleted ones. */
  readonly images: number;
}

/** The rows of a space in the view `results`; takes `$model` and `$preprocess`. */
export const embeddedRowsSql = `from results where status = 'classified' and model = $model and preprocess = $preprocess`;

/** The column `embedding` as an array, which DuckDB can compare; null if it has another length. */
export function embeddingSql(dimensions: number): string {
  return `if(len(embedding) = ${dimensions}, embedding, null)::float[${dimensions}]`;
}

/** Whether an embedding has a direction: false for zeros, NaN and another length. */
export function hasDirectionSql(dimensions: number): string {
  const square = `array_inner_product(${embeddingSql(dimensions)}, ${embeddingSql(dimensions)})`;
  return `${square} > 0 and isfinite(${square})`;
}

const groupsSchema = z.array(z.object({ model: z.string(), preprocess: z.string(), images: z.number() }));
const lengthSchema = z.tuple([z.object({ length: z.bigint().transform(Number) })]);

/** The spaces that the results contain, most images first; of as many images, the one used last. */
export async function embeddedImages(results: Results): Promise<EmbeddedImages[]> {
  return results.query(
    groupsSchema,
    `select model, preprocess, count(*)::double as images from results where status = 'classified'
     group by all order by images desc, max(classified_at) desc, model, preprocess`,
  );
}

/** Which embeddings to use of those that the results contain. */
export interface EmbeddingChoice {
  /** See `modelsMatching`. @default the model with the most images */
  readonly model?: string | undefined;
  /** @default the preprocessing with the most images of the model */
  readonly preprocess?: string | undefined;
  /** Spaces to choose from if there are any. @default all */
  readonly among?: readonly Computation[] | undefined;
}

export interface ChosenEmbeddings extends EmbeddedImages {
  /** Other spaces that the choice allowed, most images first. */
  readonly others: readonly Computation[];
}

/**
 * The space with the most images, of the given model and preprocessing if they are given.
 * @throws {UserError} listing the available ones if there is no such space
 */
export async function chooseEmbeddings(
  results: Results,
  { model, preprocess, among = [] }: EmbeddingChoice,
  storeName: string,
): Promise<ChosenEmbeddings> {
  const all = await embeddedImages(results);
  if (all.length === 0) {
    const why =
      results.partCount === 0 ? `create them with "${programName()} run ./photos"` : 'no image in it is classified';
    throw new UserError(`no embeddings in ${storeName}: ${why}`);
  }
  const ofModel = model === undefined ? all : modelsMatching(all, model);
  const matching = ofModel.filter((group) => preprocess === undefined || group.preprocess === preprocess);
  const preferred = matching.filter((group) => among.some((each) => computationId(each) === computationId(group)));
  const [chosen, ...others] = preferred.length > 0 ? preferred : matching;
  if (chosen !== undefined) return { ...chosen, others };
  const [missing, available] =
    ofModel.length > 0
      ? [`preprocessing ${preprocess}`, ofModel.map((group) => group.preprocess)]
      : [`model ${model}`, all.map((group) => group.model)];
  const nearest = ofModel.length > 0 ? '' : nearestModel(all, model ?? '');
  throw new UserError(
    `no embeddings of ${missing} in ${storeName}${nearest}; available: ${[...new Set(available)].join(', ')}`,
  );
}

/** Numbers per embedding: a model has one size. */
export async function dimensionsOf(
  results: Results,
  { model, preprocess }: Omit<EmbeddingSpace, 'dimensions'>,
): Promise<number> {
  const [{ length }] = await results.query(lengthSchema, `select len(embedding) as length ${embeddedRowsSql} limit 1`, {
    model,
    preprocess,
  });
  return length;
}
