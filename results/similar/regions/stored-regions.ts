import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Results } from '../../open/open-results.ts';
import { type Computation, computationId } from '../../questions/computation.ts';
import { type RowSelection, rowCondition } from '../../questions/row-selection.ts';
import { requireModels } from '../../questions/stored-models.ts';

/** Regions whose embeddings can be compared with each other: those of one model and preprocessing. */
export interface RegionSpace extends Computation {
  /** Regions that were kept, of images that are not deleted. */
  readonly regions: number;
  /** The most regions that were proposed of an image. */
  readonly proposals: number;
}

export interface ChosenRegions extends RegionSpace {
  /** Other spaces that the choice allowed, most regions first. */
  readonly others: readonly RegionSpace[];
}

const spacesSchema = z.array(
  z.object({ model: z.string(), preprocess: z.string(), regions: z.number(), proposals: z.number() }),
);

/**
 * The spaces that the results contain, most regions first; of as many regions, the one used last.
 * @param images only regions of these images, by options of the images
 */
export async function regionSpaces(
  results: Results,
  images: Omit<RowSelection, 'label' | 'minProbability'> = {},
): Promise<RegionSpace[]> {
  return results.query(
    spacesSchema,
    `select model, preprocess, sum(len(regions))::double as regions, coalesce(max(proposals), 0)::double as proposals
     from results where ${rowCondition(images)}
     group by all having sum(len(regions)) > 0 order by regions desc, max(classified_at) desc, model, preprocess`,
  );
}

/**
 * The space with the most regions.
 * @param choice.model see `modelsMatching`; by default all
 * @param choice.among spaces to prefer
 * @throws {UserError} if there are no regions, or none of the model
 */
export async function chooseRegions(
  results: Results,
  { model, among = [] }: { readonly model?: string | undefined; readonly among?: readonly Computation[] },
  storeName: string,
): Promise<ChosenRegions> {
  const all = await regionSpaces(results);
  if (all.length === 0) throw new UserError(`no region of an image in ${storeName} was kept`);
  const matching = model === undefined ? all : requireModels(all, '--embedding-model', model);
  const preferred = matching.filter((space) => among.some((each) => computationId(each) === computationId(space)));
  const [chosen, ...others] = preferred.length > 0 ? preferred : matching;
  if (chosen === undefined) throw new Error(`no regions of ${model}`);
  return { ...chosen, others };
}
