import type { Computation } from '../../results/questions/computation.ts';
import type { RegionSpace } from '../../results/similar/regions/stored-regions.ts';
import { describeSpaces } from './describe-spaces.ts';

/**
 * Reports on stderr that the printed regions are of several models or of several `--regions`.
 * @param models see `describeSpaces`
 */
export function printRegionSpaces(
  spaces: readonly RegionSpace[],
  { models, format }: { readonly models: readonly Computation[]; readonly format: string },
): void {
  if (spaces.length < 2) return;
  const rule = format === 'coco' ? 'each image has those that were computed last; ' : '';
  console.error(`regions of ${describeSpaces(spaces, models)}; ${rule}--model selects one`);
}
