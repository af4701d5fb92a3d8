import { z } from 'zod';
import type { ResultsSource } from '../../../results/open/parts.ts';
import { ResultsChanged } from '../../../results/open/results-changed.ts';
import { type RefCounted, refCounted } from '../ref-counted.ts';
import type { LiveState } from '../responses.ts';
import { liveJobs } from './live-jobs.ts';
import { type Catalogue, openCatalogue } from './open-catalogue.ts';
import { resultsFingerprint } from './results-fingerprint.ts';

/** Results that are read anew when there are other parts, while queries go on. */
export interface LiveCatalogue {
  /** Runs a query on the newest results; they stay open until it is done. */
  use<T>(query: (catalogue: Catalogue) => Promise<T>): Promise<T>;
  readonly state: LiveState;
  /** Whether anybody is subscribed. */
  readonly hasSubscribers: boolean;
  /** Looks whether there are other parts, and opens them if so. */
  refresh(): Promise<void>;
  /** Calls back at every change of the state until the subscription is ended. */
  subscribe(listener: (state: LiveState) => void): () => void;
  close(): Promise<void>;
}

/** As what is there never is. */
const unknownParts = '?';

/** @throws {UserError} when the results cannot be read at first; later that is told in the state */
export async function openLiveCatalogue(source: ResultsSource): Promise<LiveCatalogue> {
  let parts = await resultsFingerprint(source);
  let current = refCounted(await openCatalogue(source));
  let state = await current.use((catalogue) => stateOf(catalogue));
  let refreshing: Promise<void> | undefined;
  const listeners = new Set<(state: LiveState) => void>();

  const publish = (next: LiveState) => {
    if (JSON.stringify(next) === JSON.stringify(state)) return;
    state = next;
    for (const listener of listeners) listener(state);
  };
  const swapIfChanged = async () => {
    try {
      const found = await resultsFingerprint(source);
      if (found !== parts) {
        const next: RefCounted<Catalogue> = refCounted(await openCatalogue(source));
        const previous = current;
        [current, parts] = [next, found];
        await previous.retire();
      }
      publish(await current.use((catalogue) => stateOf(catalogue)));
    } catch (error) {
      // Compaction takes parts away while they are read: what is shown stays, and the next look finds what is there.
      publish({ ...state, problem: error instanceof Error ? error.message : String(error) });
    }
  };
  const refresh = () => {
    refreshing ??= swapIfChanged().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };
  return {
    async use(query) {
      try {
        return await current.use(query);
      } catch (error) {
        if (!(error instanceof ResultsChanged)) throw error;
        parts = unknownParts;
        await refresh();
        return current.use(query);
      }
    },
    get hasSubscribers() {
      return listeners.size > 0;
    },
    get state() {
      return state;
    },
    refresh,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await refreshing;
      await current.retire();
    },
  };
}

const countSchema = z.tuple([z.object({ images: z.number() })]);

async function stateOf(catalogue: Catalogue): Promise<LiveState> {
  const jobs = await liveJobs(catalogue);
  const [{ images }] = countSchema.parse(
    await catalogue.rows(`select count(*)::double as images from images where is_shown and status <> 'deleted'`),
  );
  return { version: catalogue.version, images, jobs, problem: null };
}
