import type { ModelHooks } from '../../../model/catalog/open-catalog-model.ts';
import type { Results } from '../../../results/open/open-results.ts';
import { modelsMatching } from '../../../results/questions/stored-models.ts';
import { embeddedImages } from '../../../results/similar/embeddings/embedded-images.ts';
import { describeHits } from '../../../results/similar/search/describe-hits.ts';
import { computationsOf, findImage } from '../../../results/similar/search/find-image.ts';
import { openSimilarity, type SimilarityOptions } from '../../../results/similar/search/open-similarity.ts';
import type { DescribedHit, Hit, SearchOptions, Similarity } from '../../../results/similar/search/similarity.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import type { ScoredLabel } from '../../../shared/rows/row.ts';
import { findMadeModel } from '../models/find-made-model.ts';
import { modelOfResults } from './model-of-results.ts';
import { embedFile, isFile } from './query-file.ts';
import { missingModelOf, unknownImage } from './unknown-image.ts';

/** Options of a search, see the help of `similar`. */
export interface SimilarOptions {
  /** A model by name or directory that computes the embedding of a file. */
  readonly model?: string;
  /** Id of the model whose embeddings are searched. */
  readonly embeddingModel?: string;
  readonly limit: number;
  readonly min?: number;
  readonly job?: string;
  readonly label?: string;
  readonly exact?: boolean;
}

/** Where the index is kept, for which store, and who observes its building. */
export type IndexContext = Pick<SimilarityOptions, 'storeName' | 'cacheFolder' | 'stop' | 'onProgress' | 'onDamage'>;

/** Images most similar to one image. */
export interface SimilarImages {
  /** Best label of an image in a file; undefined for an image of the results. */
  readonly best?: ScoredLabel | undefined;
  readonly hits: readonly DescribedHit[];
  readonly how: Similarity['how'];
  /** Number of images searched. */
  readonly images: number;
  readonly model: string;
  readonly preprocess: string;
  /** See `Similarity.others`. */
  readonly others: Similarity['others'];
}

/**
 * Finds the images most similar to one image.
 * @param context `labelCommand` is the command that lists the images with a label, for a label in place of an image
 * @param image a file, or the id, key or path of an image in the results
 * @throws {UserError} if the image or the model cannot be used
 */
export async function searchImage(
  image: string,
  results: Results,
  context: IndexContext & { readonly labelCommand: (label: string) => string },
  options: SimilarOptions,
  hooks?: ModelHooks,
): Promise<SimilarImages> {
  const { limit, min = -1, job, label, embeddingModel } = options;
  const model =
    options.model === undefined
      ? undefined
      : await modelOfResults(options.model, await embeddedImages(results), context.storeName, hooks);
  if (
    model !== undefined &&
    embeddingModel !== undefined &&
    modelsMatching([{ ...model, model: model.id }], embeddingModel).length === 0
  ) {
    throw new UserError(`--embedding-model is ${embeddingModel}, but ${options.model} contains ${model.id}`);
  }
  const space =
    model === undefined
      ? { model: embeddingModel, among: await computationsOf(results, image) }
      : { model: model.id, preprocess: model.preprocess };
  // The images of one job or label are searched exactly, so no index is built for them.
  const exact = options.exact === true || job !== undefined || label !== undefined;
  const similarity = await openSimilarity(results, { ...context, ...space, exact });
  try {
    const search = { limit, job, label };
    const { best, hits } =
      model !== undefined && (await isFile(image))
        ? await searchByFile(image, model, similarity, search)
        : await searchByName(
            image,
            { results, similarity, storeName: context.storeName, labelCommand: context.labelCommand },
            search,
          );
    const described = await describeHits(
      results,
      similarity,
      hits.filter((hit) => hit.similarity >= min),
    );
    return {
      best,
      hits: described,
      how: similarity.how,
      images: similarity.images,
      model: similarity.model,
      preprocess: similarity.preprocess,
      others: similarity.others,
    };
  } finally {
    await similarity.close();
  }
}

async function searchByFile(path: string, model: Model, similarity: Similarity, search: SearchOptions) {
  const { best, embedding } = await embedFile(path, model);
  return { best, hits: await similarity.nearest(embedding, search) };
}

interface NamedSearch {
  readonly results: Results;
  readonly similarity: Similarity;
  readonly storeName: string;
  readonly labelCommand: (label: string) => string;
}

/** An image of the results; or else a file, if the model of the results is on this machine. */
async function searchByName(
  name: string,
  { results, similarity, storeName, labelCommand }: NamedSearch,
  search: SearchOptions,
): Promise<{ best?: ScoredLabel | undefined; hits: Hit[] }> {
  const imageId = await findImage(results, similarity, name);
  if (imageId !== undefined) return { hits: await similarity.nearestTo(imageId, search) };
  if (!(await isFile(name))) throw await unknownImage(name, results, labelCommand);
  const directory = await findMadeModel([similarity.model]);
  if (directory !== undefined) {
    const model = await modelOfResults(directory, await embeddedImages(results), storeName);
    if (model.preprocess === similarity.preprocess) return searchByFile(name, model, similarity, search);
  }
  throw missingModelOf(name, similarity.model);
}
