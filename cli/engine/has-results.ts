import { partsOf } from '../../results/open/parts.ts';
import { type OpenedLocation, resultsSource } from './locations.ts';

/** Whether a store has any rows. Without some, a command need not load DuckDB, which takes tens of megabytes. */
export async function hasResults(store: OpenedLocation): Promise<boolean> {
  return (await partsOf(resultsSource(store))).length > 0;
}
