import type { ModelHooks } from '../../../model/catalog/open-catalog-model.ts';
import type { Results } from '../../../results/open/open-results.ts';
import type { Computation } from '../../../results/questions/computation.ts';
import { modelsMatching, storedModels } from '../../../results/questions/stored-models.ts';
import { dimensionsOf } from '../../../results/similar/embeddings/embedded-images.ts';
import { readEmbedding } from '../../../results/similar/embeddings/read-embedding.ts';
import { nearestRegions, type RegionHit } from '../../../results/similar/regions/nearest-regions.ts';
import { readRegion } from '../../../results/similar/regions/read-region.ts';
import { type ChosenRegions, chooseRegions, regionSpaces } from '../../../results/similar/regions/stored-regions.ts';
import { computationsOf, findImage } from '../../../results/similar/search/find-image.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Box } from '../../../shared/regions/region.ts';
import type { ScoredLabel } from '../../../shared/rows/row.ts';
import { findMadeModel } from '../models/find-made-model.ts';
import { modelOfResults } from './model-of-results.ts';
import { embedFile, isFile, type QueryImage } from './query-file.ts';
import type { SimilarOptions } from './search-image.ts';
import { missingModelOf, unknownImage } from './unknown-image.ts';

export interface RegionOptions extends SimilarOptions {
  /** Searches by a region of the image: of a file any box, of an image in the results one of its regions. */
  readonly box?: Box;
}

/** Regions most similar to an image, or to a box in it. */
export interface SimilarRegions {
  /** Best label of what was searched for; undefined for an image of the results. */
  readonly best?: ScoredLabel | undefined;
  readonly hits: readonly RegionHit[];
  /** The regions that were searched, and which others could have been. */
  readonly space: ChosenRegions;
  /** Every model of the results, for names. */
  readonly models: readonly Computation[];
}

interface RegionContext {
  readonly storeName: string;
  readonly labelCommand: (label: string) => string;
}

/**
 * Finds the regions most similar to an image or to a box in it, by exact search.
 * @param image a file, or the id, key or path of an image in the results, whose own regions are not found
 * @param results opened with `regionEmbeddings`
 * @throws {UserError} if the image, the box or the model cannot be used
 */
export async function searchRegions(
  image: string,
  results: Results,
  context: RegionContext,
  options: RegionOptions,
  hooks?: ModelHooks,
): Promise<SimilarRegions> {
  const { limit, min, job, label } = options;
  const { space, query } = await openQuery(image, results, context, options, hooks);
  const hits = await nearestRegions(results, space, query.embedding, { limit, min, job, label, except: query.imageId });
  return { best: query.best, hits, space, models: await storedModels(results) };
}

interface Query {
  readonly space: ChosenRegions;
  readonly query: Pick<QueryImage, 'embedding'> & Partial<QueryImage> & { readonly imageId?: string };
}

async function openQuery(
  image: string,
  results: Results,
  { storeName, labelCommand }: RegionContext,
  { model: choice, embeddingModel, box }: RegionOptions,
  hooks: ModelHooks | undefined,
): Promise<Query> {
  const spaces = await regionSpaces(results);
  const named = embeddingModel === undefined ? [] : modelsMatching(spaces, embeddingModel);
  const candidates = named.length > 0 ? named : spaces;
  const model = choice === undefined ? undefined : await modelOfResults(choice, candidates, storeName, hooks);
  if (model !== undefined) {
    const ids = [{ model: model.id, preprocess: model.preprocess }];
    if (embeddingModel !== undefined && modelsMatching(ids, embeddingModel).length === 0) {
      throw new UserError(`--embedding-model is ${embeddingModel}, but ${choice} contains ${model.id}`);
    }
    const space = await chooseRegions(results, { model: model.id, among: ids }, storeName);
    if (await isFile(image)) return { space, query: await embedFile(image, model, box) };
  }
  const among = await computationsOf(results, image);
  const space = await chooseRegions(results, { model: model?.id ?? embeddingModel, among }, storeName);
  const imageId = await findImage(results, space, image);
  if (imageId !== undefined)
    return { space, query: { imageId, embedding: await stored(results, space, imageId, box) } };
  if (!(await isFile(image))) throw await unknownImage(image, results, labelCommand);
  const directory = await findMadeModel([space.model]);
  if (directory === undefined) throw missingModelOf(image, space.model);
  const made = await modelOfResults(directory, [space], storeName);
  return { space, query: await embedFile(image, made, box) };
}

async function stored(
  results: Results,
  space: Computation,
  imageId: string,
  box: Box | undefined,
): Promise<Float32Array> {
  if (box !== undefined) return readRegion(results, space, imageId, box);
  return readEmbedding(results, imageId, { ...space, dimensions: await dimensionsOf(results, space) });
}
