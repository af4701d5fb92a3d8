import { openResults, type Results } from '../../results/open/open-results.ts';
import { type OpenedLocation, openStore, resultsSource, type StoreOptions } from './locations.ts';

/** Opens the results of a store for some work, and closes them afterwards. */
export async function withResults<T>(
  options: StoreOptions,
  work: (results: Results, store: OpenedLocation) => Promise<T>,
  { embeddings = true }: { readonly embeddings?: boolean } = {},
): Promise<T> {
  const store = openStore(options);
  const results = await openResults(resultsSource(store), { embeddings });
  return work(results, store).finally(() => results.close());
}
