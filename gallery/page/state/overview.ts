import { effect, signal } from '@preact/signals';
import type { Overview } from '../../server/responses.ts';
import { getOverview } from '../api.ts';
import { reconnects, version } from './live.ts';
import { filterQuery } from './route.ts';

/** The counts in the panels; the previous ones stay until the new ones are loaded. */
export const overview = signal<Overview | null>(null);
/** Why the counts could not be loaded. */
export const overviewProblem = signal<string | null>(null);

export function startOverview(): void {
  effect(() => {
    version.value;
    reconnects.value;
    const request = new AbortController();
    getOverview(filterQuery.value, request.signal).then(
      (counts) => {
        overview.value = counts;
        overviewProblem.value = null;
      },
      (error: unknown) => {
        if (!request.signal.aborted) overviewProblem.value = error instanceof Error ? error.message : String(error);
      },
    );
    return () => request.abort();
  });
}
