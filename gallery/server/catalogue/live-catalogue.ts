import { z } from 'zod';
import { listJobObjects } from '../../../jobs/progress/list-job-objects.ts';
import type { ResultsSource } from '../../../results/open/parts.ts';
import { ResultsChanged } from '../../../results/open/results-changed.ts';
import type { RunState } from '../../../shared/jobs/run-state.ts';
import { type RefCounted, refCounted } from '../ref-counted.ts';
import type { LiveState } from '../responses.ts';
import { JobRecords } from './job-records.ts';
import { liveJobs, type RecordedJobs } from './live-jobs.ts';
import { type Catalogue, openCatalogue } from './open-catalogue.ts';
import { resultsFingerprint } from './results-fingerprint.ts';

/** A catalogue that is reopened when the parts change, without interrupting queries. */
export interface LiveCatalogue {
  /** Runs a query on the newest catalogue, which stays open until the query ends. */
  use<T>(query: (catalogue: Catalogue) => Promise<T>): Promise<T>;
  readonly state: LiveState;
  readonly hasSubscribers: boolean;
  /** Reopens the results if their parts changed. */
  refresh(): Promise<void>;
  /** Calls the listener on every change of state. @returns ends the subscription */
  subscribe(listener: (state: LiveState) => void): () => void;
  close(): Promise<void>;
}

/** Differs from every real fingerprint, so that the next refresh reopens the results. */
const outdated = '?';

/** @throws {UserError} if the first read fails; later failures are reported in `state.problem` */
export async function openLiveCatalogue(source: ResultsSource): Promise<LiveCatalogue> {
  const runStates = new JobRecords<RunState>();
  const jobSources = new JobRecords<string>();
  let jobs = await listJobObjects(source);
  let fingerprint = await resultsFingerprint(source, jobs);
  let current = refCounted(await openCatalogue(source));
  const readState = async () => {
    const runs = await runStates.read(jobs.map(({ job, run }) => [job, run]));
    const sources = await jobSources.read(jobs.map(({ job, source: recorded }) => [job, recorded]));
    return current.use((catalogue) => stateOf(catalogue, { runs: [...runs.values()], sources }));
  };
  let state = await readState();
  let refreshing: Promise<void> | undefined;
  const listeners = new Set<(state: LiveState) => void>();

  const publish = (next: LiveState) => {
    if (JSON.stringify(next) === JSON.stringify(state)) return;
    state = next;
    for (const listener of listeners) listener(state);
  };
  const swapIfChanged = async () => {
    try {
      jobs = await listJobObjects(source);
      const latest = await resultsFingerprint(source, jobs);
      if (latest !== fingerprint) {
        const next: RefCounted<Catalogue> = refCounted(await openCatalogue(source));
        const previous = current;
        [current, fingerprint] = [next, latest];
        await previous.retire();
      }
      publish(await readState());
    } catch (error) {
      // Compaction may remove parts while they are read: keep the old state, the next refresh succeeds.
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
        fingerprint = outdated;
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

async function stateOf(catalogue: Catalogue, recorded: RecordedJobs): Promise<LiveState> {
  const jobs = await liveJobs(catalogue, recorded);
  const [{ images }] = countSchema.parse(
    await catalogue.rows(`select count(*)::double as images from images where is_shown and status <> 'deleted'`),
  );
  return { version: catalogue.version, images, jobs, problem: null };
}
