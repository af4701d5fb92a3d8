import type { Results } from '../../../results/open/open-results.ts';
import { describeHits } from '../../../results/similar/describe-hits.ts';
import { findDuplicateGroups } from '../../../results/similar/find-duplicate-groups.ts';
import { countProgress } from '../../terminal/count-progress.ts';
import { printHits } from '../../terminal/print-hits.ts';
import { images as imagesWord } from '../../terminal/words.ts';
import { hitJson } from './hit-json.ts';
import type { IndexLocation, SearchOptions } from './search-for.ts';

/** Saved again or scaled, a photograph stays above this; two of one scene seldom reach it. */
const minByDefault = 0.98;
/** Images of a group that are printed for people. */
const membersShown = 20;

/** Prints the groups of images that are almost the same, largest first. */
export async function searchDuplicates(results: Results, place: IndexLocation, options: SearchOptions): Promise<void> {
  const { limit, min = minByDefault, exact, json = false } = options;
  const [indexed, compared] = [countProgress('indexed'), countProgress('compared')];
  const { groups, images, how, ...space } = await findDuplicateGroups(results, {
    ...place,
    min,
    exact,
    model: options.embeddingModel,
    onProgress: json ? undefined : ({ done, missing }) => indexed.show(done, missing),
    onCompared: json
      ? undefined
      : (done, total) => {
          indexed.stop();
          compared.show(done, total);
        },
    onDamage: (line) => console.error(line),
  }).finally(() => {
    indexed.stop();
    compared.stop();
  });
  const shown = json ? groups : groups.slice(0, limit).map((group) => group.slice(0, membersShown));
  const described = await describeHits(results, space, shown.flat());
  const byId = new Map(described.map((hit) => [hit.image_id, hit]));
  for (const [place, group] of shown.entries()) {
    const members = group.flatMap(({ image_id, similarity }) => {
      const known = byId.get(image_id);
      return known === undefined ? [] : [{ ...known, similarity }];
    });
    const size = groups[place]?.length ?? 0;
    if (json) console.log(JSON.stringify({ size, representative: group[0]?.image_id, images: members.map(hitJson) }));
    else {
      printHits(members, process.stdout.isTTY ? process.stdout.columns : undefined);
      console.log(size > group.length ? `… and ${size - group.length} more\n` : '');
    }
  }
  if (json) return;
  const more = groups.length > limit ? `, the ${limit} largest are shown` : '';
  const spare = groups.reduce((sum, group) => sum + group.length - 1, 0);
  console.log(
    `${groups.length} ${groups.length === 1 ? 'group' : 'groups'} of near-duplicates${more}: ${spare} of ${images} ` +
      `${imagesWord(images)} of ${space.model} are like another, ` +
      `${how === 'exact' ? 'each compared with each' : 'looked up in an index'}`,
  );
}
