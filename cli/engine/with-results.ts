import { openResults, type Results } from '../../results/open/open-results.ts';
import { programName } from '../../shared/failures/program-name.ts';
import { UserError } from '../../shared/failures/user-error.ts';
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

/** The error for a store without any results. */
export function noResults(store: string): UserError {
  return new UserError(`no results in ${store}: "${programName()} run" creates them`);
}
