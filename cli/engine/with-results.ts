import { type OpenOptions, openResults, type Results } from '../../results/open/open-results.ts';
import { type OpenedLocation, openStore, resultsSource, type StoreOptions } from './locations.ts';
import { noResults } from './missing-results.ts';

/**
 * Opens the results of a store for some work, and closes them afterwards.
 * @throws {UserError} if the store has no results, see `noResults`
 */
export async function withResults<T>(
  location: StoreOptions,
  work: (results: Results, store: OpenedLocation) => Promise<T>,
  options: OpenOptions = {},
): Promise<T> {
  const store = await openStore(location);
  const results = await openResults(resultsSource(store), options);
  try {
    if (results.partCount === 0) throw await noResults(store, location);
    return await work(results, store);
  } finally {
    await results.close();
  }
}
