import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CompleteJobsPorts, completeJobs, type JobsChecked } from '../../../jobs/progress/complete-jobs.ts';
import { jobsHandler } from '../../../lambdas/jobs/handler.ts';
import type { Failure } from '../../../shared/failures/failure.ts';
import { jobSummarySchema } from '../../../shared/jobs/job-summary.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { writeList } from '../../support/job-lists.ts';
import { classifiedRow, rejectedRow } from '../../support/result-rows.ts';
import { sqsEvent } from '../../support/sqs-event.ts';
import { appendTo } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const done = new Date('2026-03-01T11:00:00Z');

async function ports(): Promise<CompleteJobsPorts & { readonly path: string }> {
  const path = temporaryFolder();
  const location = { bucket: path, prefix: '' };
  return { path, source: { kind: 'folder', path }, store: new FolderStore(), location, now: () => done };
}

const namesOf = async (path: string, job: string) =>
  (await readdir(join(path, 'jobs', job))).filter((name) => !name.startsWith('images-')).toSorted();

const summaryOf = async (path: string, job: string) =>
  jobSummarySchema.parse(JSON.parse(await readFile(join(path, 'jobs', job, 'summary.json'), 'utf8')));

describe('completeJobs', () => {
  it('marks jobs without pending images, writes their summary, and leaves other jobs alone', async () => {
    const { path, ...jobPorts } = await ports();
    await writeList(path, 'a job/1', [{ key: 'a' }, { key: 'b' }]);
    await writeList(path, 'open', [{ key: 'c' }, { key: 'd' }]);
    await appendTo(path, [
      [classifiedRow('a', { job: 'a job/1' }), rejectedRow('b', { job: 'a job/1', reason: 'empty' })],
      [classifiedRow('c', { job: 'open' }), classifiedRow('x', { job: 'dropped' })],
    ]);
    const { completed, ...others } = await completeJobs(jobPorts);
    expect(others).toEqual({ reopened: [], open: 1, pending: 1 });
    expect(await readdir(join(path, 'jobs'))).toEqual(['a%20job%2F1', 'open']);
    expect(await namesOf(path, 'a%20job%2F1')).toEqual(['_SUCCESS', 'summary.json']);
    expect(await namesOf(path, 'open')).toEqual([]);
    const summary = await summaryOf(path, 'a%20job%2F1');
    expect(completed).toEqual([summary]);
    expect(summary).toMatchObject({
      ...{ summary: 1, job: 'a job/1', total: 2, classified: 1, rejected: 1, deleted: 0, reasons: { empty: 1 } },
      ...{ models: ['googlenet@0123456789ab'], first: '2026-03-01T10:00:01.250Z', last: '2026-03-01T10:00:02.500Z' },
      ...{ seconds: 1.25, images_per_second: 1.6, usage: { unbilled: 0 }, lists: 1, completed_at: done.toISOString() },
    });
    expect(summary.usage?.dollars).toBeGreaterThan(0);
  });

  it('writes nothing when repeated, and reopens a job that gets more images', async () => {
    const { path, ...jobPorts } = await ports();
    await writeList(path, 'photos', [{ key: 'a' }]);
    await appendTo(path, [[classifiedRow('a', { job: 'photos' })]]);
    await completeJobs(jobPorts);
    const later = { ...jobPorts, now: () => new Date('2026-03-01T12:00:00Z') };
    expect(await completeJobs(later)).toEqual({ completed: [], reopened: [], open: 0, pending: 0 });
    expect(await summaryOf(path, 'photos')).toMatchObject({ total: 1, completed_at: done.toISOString() });

    await writeList(path, 'photos', [{ key: 'b' }]);
    expect(await completeJobs(later)).toEqual({ completed: [], reopened: ['photos'], open: 1, pending: 1 });
    expect(await namesOf(path, 'photos')).toEqual(['summary.json']);
    await appendTo(path, [[classifiedRow('b', { job: 'photos' })]]);
    expect(await completeJobs(later)).toMatchObject({ completed: [{ job: 'photos', total: 2, lists: 2 }], open: 0 });
    expect(await namesOf(path, 'photos')).toEqual(['_SUCCESS', 'summary.json']);
  });

  it('updates the summary after an image is retried, even if it was checked in between', async () => {
    const { path, ...jobPorts } = await ports();
    await writeList(path, 'photos', [{ key: 'a' }, { key: 'b' }]);
    await appendTo(path, [
      [classifiedRow('a', { job: 'photos' }), rejectedRow('b', { job: 'photos', reason: 'object_gone' })],
    ]);
    await completeJobs(jobPorts);
    // A retry does the same.
    await rm(join(path, 'jobs', 'photos', '_SUCCESS'));
    await completeJobs(jobPorts);
    expect(await summaryOf(path, 'photos')).toMatchObject({ classified: 1, rejected: 1 });

    const ingested_at = new Date('2026-03-01T10:30:00Z');
    await appendTo(path, [[classifiedRow('b', { job: 'photos', ingested_at, classified_at: ingested_at })]]);
    expect((await completeJobs(jobPorts)).completed).toMatchObject([{ job: 'photos', classified: 2, rejected: 0 }]);
    expect(await summaryOf(path, 'photos')).toMatchObject({ total: 2, classified: 2, rejected: 0, reasons: {} });
    expect((await completeJobs(jobPorts)).completed).toEqual([]);
  });

  it('restores a deleted marker or summary', async () => {
    const { path, ...jobPorts } = await ports();
    await writeList(path, 'photos', [{ key: 'a' }]);
    await appendTo(path, [[classifiedRow('a', { job: 'photos' })]]);
    await completeJobs(jobPorts);
    for (const name of ['_SUCCESS', 'summary.json']) {
      await rm(join(path, 'jobs', 'photos', name));
      expect((await completeJobs(jobPorts)).completed).toHaveLength(1);
      expect(await namesOf(path, 'photos')).toEqual(['_SUCCESS', 'summary.json']);
    }
  });
});

describe('the jobs function', () => {
  it('checks the jobs once per batch', async () => {
    const checked: [number, JobsChecked][] = [];
    const handler = jobsHandler(await ports(), { checked: (...look) => checked.push(look), failed: () => {} });
    expect(await handler(sqsEvent({}, {}, {}))).toEqual({ batchItemFailures: [] });
    expect(checked).toEqual([[3, { completed: [], reopened: [], open: 0, pending: 0 }]]);
  });

  it('returns the whole batch when the check fails', async () => {
    const { path, ...jobPorts } = await ports();
    await writeList(path, 'photos', [{ key: 'a' }]);
    const store = new FolderStore();
    const failures: Failure[] = [];
    const source = { kind: 'remote', store, bucket: `${path}/none`, prefix: '', cacheFolder: path } as const;
    const handler = jobsHandler(
      { ...jobPorts, source },
      { checked: () => {}, failed: (failure) => failures.push(failure) },
    );
    expect(await handler(sqsEvent({}, {}))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm2' }],
    });
    expect(failures).toHaveLength(1);
    await expect(handler({ Records: 'none' })).rejects.toThrow('expected a Lambda event of an SQS queue');
  });
});
