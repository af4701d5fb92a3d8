import { effect, signal } from '@preact/signals';
import type { Overview } from '../../server/responses.ts';
import { getOverview } from '../api.ts';
import { version } from './live.ts';
import { filterQuery } from './route.ts';

/** The counts in the panels; the previous ones stay until the new ones are loaded. */
export const overview = signal<Overview | null>(null);

export function startOverview(): void {
  effect(() => {
    version.value;
    const request = new AbortController();
    getOverview(filterQuery.value, request.signal).then(
      (counts) => {
        overview.value = counts;
      },
      () => undefined, // the grid's own request reports the same failure
    );
    return () => request.abort();
  });
}
