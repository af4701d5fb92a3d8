import type { Results } from '../../../results/open/open-results.ts';
import {
  type DuplicateOptions,
  type Duplicates,
  findDuplicateGroups,
} from '../../../results/similar/duplicates/find-duplicate-groups.ts';
import { describeHits } from '../../../results/similar/search/describe-hits.ts';
import type { DescribedHit } from '../../../results/similar/search/similarity.ts';
import type { IndexContext, SimilarOptions } from './search-image.ts';

/** A photograph that was saved again or scaled stays above this; two photographs of one scene seldom reach it. */
const defaultMin = 0.98;

/** A group of near-duplicates. */
export interface DuplicateGroup {
  /** Number of images in the group. */
  readonly size: number;
  /** Id of the image with the most near-duplicates. */
  readonly representative: string | undefined;
  readonly images: readonly DescribedHit[];
}

/** Groups of near-duplicates, largest first. */
export interface DescribedDuplicates extends Omit<Duplicates, 'groups'> {
  readonly groups: readonly DuplicateGroup[];
  /** All groups, described or not. */
  readonly groupCount: number;
  /** Images that are near-duplicates of the representative of their group. */
  readonly spare: number;
}

/** @param shown maximum number of groups, and of images per group, to describe */
export async function findDuplicates(
  results: Results,
  context: IndexContext & Pick<DuplicateOptions, 'onCompared'>,
  { embeddingModel, min = defaultMin, exact }: SimilarOptions,
  shown: { readonly groups: number; readonly images: number },
): Promise<DescribedDuplicates> {
  const { groups: all, ...space } = await findDuplicateGroups(results, {
    ...context,
    min,
    exact,
    model: embeddingModel,
  });
  const groups = all.slice(0, shown.groups).map((group) => group.slice(0, shown.images));
  const described = await describeHits(results, space, groups.flat());
  const byId = new Map(described.map((hit) => [hit.image_id, hit]));
  return {
    ...space,
    groups: groups.map((group, index) => ({
      size: all[index]?.length ?? 0,
      representative: group[0]?.image_id,
      images: group.flatMap(({ image_id, similarity }) => {
        const hit = byId.get(image_id);
        return hit === undefined ? [] : [{ ...hit, similarity }];
      }),
    })),
    groupCount: all.length,
    spare: all.reduce((sum, group) => sum + group.length - 1, 0),
  };
}
