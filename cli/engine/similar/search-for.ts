import type { Results } from '../../../results/open/open-results.ts';
import { describeHits } from '../../../results/similar/describe-hits.ts';
import { openSimilarity, type SimilarityOptions } from '../../../results/similar/open-similarity.ts';
import type { Similarity } from '../../../results/similar/similarity.ts';
import type { IndexProgress } from '../../../results/similar/sync-index.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { countProgress } from '../../terminal/count-progress.ts';
import { printHits } from '../../terminal/print-hits.ts';
import { hitJson } from './hit-json.ts';
import { modelOfResults } from './model-of-results.ts';
import { isFile, searchByFile, searchByName } from './search-by.ts';

/** What was asked for. */
export interface SearchOptions {
  readonly model?: string;
  readonly embeddingModel?: string;
  readonly limit: number;
  readonly min?: number;
  readonly job?: string;
  readonly label?: string;
  readonly exact?: boolean;
  readonly json?: boolean;
}

/** Where an index is kept, of which store, and what ends its building. */
export type IndexLocation = Pick<SimilarityOptions, 'storeName' | 'cacheFolder' | 'stop'>;

/** So many images take some ten seconds to index. */
const longToIndex = 20_000;

/** Opens the embeddings that were asked for, and shows how far an index is while it is built. */
async function openWithProgress(
  results: Results,
  options: SimilarityOptions,
  { json = false }: Pick<SearchOptions, 'json'>,
): Promise<Similarity> {
  const progress = countProgress('indexed');
  let isTold = json;
  const onProgress = ({ done, missing }: IndexProgress) => {
    if (!isTold && missing > longToIndex) {
      console.error(`${missing} images are indexed first, once; --exact compares with each instead`);
    }
    isTold = true;
    progress.show(done, missing);
  };
  try {
    return await openSimilarity(results, {
      ...options,
      onProgress: json ? undefined : onProgress,
      onDamage: (line) => console.error(line),
    });
  } finally {
    progress.stop();
  }
}

/** Prints the images that are most like one, see `SearchOptions`. */
export async function searchFor(
  image: string,
  results: Results,
  place: IndexLocation,
  options: SearchOptions,
): Promise<void> {
  const { limit, min = -1, job, label, json = false } = options;
  const wanted = { limit, job, label };
  const model = options.model === undefined ? undefined : await modelOfResults(options.model, results, place.storeName);
  if (model !== undefined && options.embeddingModel !== undefined && model.id !== options.embeddingModel) {
    throw new UserError(`expected the model ${options.embeddingModel}, ${options.model} holds ${model.id}`);
  }
  const space = { model: model?.id ?? options.embeddingModel, preprocess: model?.preprocess };
  // Of one job or label each image is compared with anyway: no index is built for that.
  const exact = options.exact === true || job !== undefined || label !== undefined;
  const similarity = await openWithProgress(results, { ...place, ...space, exact }, options);
  try {
    const { best, hits } =
      model !== undefined && (await isFile(image))
        ? await searchByFile(image, model, similarity, wanted)
        : await searchByName(image, results, similarity, wanted);
    const described = await describeHits(
      results,
      similarity,
      hits.filter((hit) => hit.similarity >= min),
    );
    if (json) for (const hit of described) console.log(JSON.stringify(hitJson(hit)));
    else {
      if (best !== undefined) console.log(`${image}: ${best.label}, ${best.probability.toFixed(3)}\n`);
      if (described.length > 0) printHits(described, process.stdout.isTTY ? process.stdout.columns : undefined);
      const how = similarity.how === 'exact' ? 'each compared with' : 'searched by an index';
      console.log(`\n${described.length} of ${similarity.images} images of ${similarity.model}, ${how}`);
    }
  } finally {
    await similarity.close();
  }
}
