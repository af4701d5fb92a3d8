import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Results } from '../../open/open-results.ts';
import { type Computation, computationId } from '../../questions/computation.ts';
import { requireModels } from '../../questions/stored-models.ts';

/** Regions whose embeddings can be compared with each other: those of one model and preprocessing. */
export interface RegionSpace extends Computation {
  /** Regions of images that are not deleted. */
  readonly regions: number;
}

export interface ChosenRegions extends RegionSpace {
  /** Other spaces that the choice allowed, most regions first. */
  readonly others: readonly Computation[];
}

const spacesSchema = z.array(z.object({ model: z.string(), preprocess: z.string(), regions: z.number() }));

/** The spaces that the results contain, most regions first; of as many regions, the one used last. */
export async function regionSpaces(results: Results): Promise<RegionSpace[]> {
  return results.query(
    spacesSchema,
    `select model, preprocess, count(*)::double as regions from regions where status = 'classified'
     group by all order by regions desc, max(classified_at) desc, model, preprocess`,
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
  if (all.length === 0) throw new UserError(`no regions in ${storeName}: create them with "run --regions 100"`);
  const matching = model === undefined ? all : requireModels(all, '--embedding-model', model);
  const preferred = matching.filter((space) => among.some((each) => computationId(each) === computationId(space)));
  const [chosen, ...others] = preferred.length > 0 ? preferred : matching;
  if (chosen === undefined) throw new Error(`no regions of ${model}`);
  return { ...chosen, others };
}
