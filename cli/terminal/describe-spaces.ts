import type { Computation } from '../../results/questions/computation.ts';
import { shortNameOf } from '../../results/questions/stored-models.ts';
import type { RegionSpace } from '../../results/similar/regions/stored-regions.ts';

/**
 * `googlenet/5f01 (up to 10 regions per image), googlenet/7849 (up to 20 regions per image)`: the names are those of tables
 * and options, the numbers tell one `--regions` from another.
 * @param models all that a table names, see `shortNames`
 */
export function describeSpaces(spaces: readonly RegionSpace[], models: readonly Computation[]): string {
  const texts = spaces.map((space) => {
    const name = shortNameOf(models, space);
    return space.proposals > 0 ? `${name} (up to ${space.proposals} regions per image)` : name;
  });
  return texts.join(', ');
}
