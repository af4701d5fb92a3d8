import pMap from 'p-map';
import type { JobRecord } from '../../../jobs/progress/list-job-objects.ts';

/** Reads records of jobs, each only when it has changed: reads from a bucket are billed. */
export class JobRecords<T> {
  #known = new Map<string, { readonly etag: string; readonly value: T | undefined }>();

  /** @returns the records by job, without those that are gone or not valid */
  async read(records: readonly (readonly [job: string, JobRecord<T> | undefined])[]): Promise<Map<string, T>> {
    const entries = await pMap(
      records.flatMap(([job, record]) => (record === undefined ? [] : [{ job, record }])),
      async ({ job, record: { etag, read } }) => {
        const known = this.#known.get(job);
        return [job, known?.etag === etag ? known : { etag, value: await read() }] as const;
      },
      { concurrency: 16 },
    );
    this.#known = new Map(entries);
    return new Map(entries.flatMap(([job, { value }]) => (value === undefined ? [] : [[job, value]])));
  }
}
