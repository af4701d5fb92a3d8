import { effect, signal } from '@preact/signals';
import type { Overview } from '../../server/responses.ts';
import { getOverview } from '../api.ts';
import { version } from './live.ts';
import { filterQuery } from './route.ts';

/** The counts by which the panels are drawn; those of the filter before stay until the new ones are there. */
export const overview = signal<Overview | null>(null);

export function startOverview(): void {
  effect(() => {
    version.value;
    const request = new AbortController();
    getOverview(filterQuery.value, request.signal).then(
      (counts) => {
        overview.value = counts;
      },
      () => undefined, // the grid, which asks the same server at the same time, says what is wrong
    );
    return () => request.abort();
  });
}
