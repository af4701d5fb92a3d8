import pMap from 'p-map';
import type { JobObjects } from '../../../jobs/progress/list-job-objects.ts';
import type { RunState } from '../../../shared/jobs/run-state.ts';

/** Reads the records of runs, each only when it has changed: reads from a bucket are billed. */
export class RunStates {
  #known = new Map<string, { readonly etag: string; readonly state: RunState | undefined }>();

  async read(jobs: readonly JobObjects[]): Promise<RunState[]> {
    const recorded = jobs.flatMap(({ job, run }) => (run === undefined ? [] : [{ job, run }]));
    const entries = await pMap(
      recorded,
      async ({ job, run: { etag, read } }) => {
        const known = this.#known.get(job);
        return [job, known?.etag === etag ? known : { etag, state: await read() }] as const;
      },
      { concurrency: 16 },
    );
    this.#known = new Map(entries);
    return entries.flatMap(([, { state }]) => state ?? []);
  }
}
