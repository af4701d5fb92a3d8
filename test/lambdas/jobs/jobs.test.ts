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
import { testFolder } from '../../support/test-folder.ts';

const done = new Date('2026-03-01T11:00:00Z');

async function ports(): Promise<CompleteJobsPorts & { readonly path: string }> {
  const path = await testFolder();
  const location = { bucket: path, prefix: '' };
  return { path, source: { kind: 'folder', path }, store: new FolderStore(), location, now: () => done };
}

const namesOf = async (path: string, job: string) =>
  (await readdir(join(path, 'jobs', job))).filter((name) => !name.startsWith('images-')).toSorted();

const summaryOf = async (path: string, job: string) =>
  jobSummarySchema.parse(JSON.parse(await readFile(join(path, 'jobs', job, 'summary.json'), 'utf8')));

describe('a look at which jobs are complete', () => {
  it('marks those without pending images, with what became of them, and leaves the others alone', async () => {
    const { path, ...own } = await ports();
    await writeList(path, 'a job/1', [{ key: 'a' }, { key: 'b' }]);
    await writeList(path, 'open', [{ key: 'c' }, { key: 'd' }]);
    await appendTo(path, [
      [classifiedRow('a', { job: 'a job/1' }), rejectedRow('b', { job: 'a job/1', reason: 'empty' })],
      [classifiedRow('c', { job: 'open' }), classifiedRow('x', { job: 'dropped' })],
    ]);
    const { completed, ...others } = await completeJobs(own);
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

  it('done again writes nothing, until the job gets more images: then it is open until those are done too', async () => {
    const { path, ...own } = await ports();
    await writeList(path, 'photos', [{ key: 'a' }]);
    await appendTo(path, [[classifiedRow('a', { job: 'photos' })]]);
    await completeJobs(own);
    const later = { ...own, now: () => new Date('2026-03-01T12:00:00Z') };
    expect(await completeJobs(later)).toEqual({ completed: [], reopened: [], open: 0, pending: 0 });
    expect(await summaryOf(path, 'photos')).toMatchObject({ total: 1, completed_at: done.toISOString() });

    await writeList(path, 'photos', [{ key: 'b' }]);
    expect(await completeJobs(later)).toEqual({ completed: [], reopened: ['photos'], open: 1, pending: 1 });
    expect(await namesOf(path, 'photos')).toEqual(['summary.json']);
    await appendTo(path, [[classifiedRow('b', { job: 'photos' })]]);
    expect(await completeJobs(later)).toMatchObject({ completed: [{ job: 'photos', total: 2, lists: 2 }], open: 0 });
    expect(await namesOf(path, 'photos')).toEqual(['_SUCCESS', 'summary.json']);
  });

  it('brings a summary up to date when an image is tried again, even if somebody looked meanwhile', async () => {
    const { path, ...own } = await ports();
    await writeList(path, 'photos', [{ key: 'a' }, { key: 'b' }]);
    await appendTo(path, [
      [classifiedRow('a', { job: 'photos' }), rejectedRow('b', { job: 'photos', reason: 'object_gone' })],
    ]);
    await completeJobs(own);
    // As a retry does.
    await rm(join(path, 'jobs', 'photos', '_SUCCESS'));
    await completeJobs(own);
    expect(await summaryOf(path, 'photos')).toMatchObject({ classified: 1, rejected: 1 });

    const ingested_at = new Date('2026-03-01T10:30:00Z');
    await appendTo(path, [[classifiedRow('b', { job: 'photos', ingested_at, classified_at: ingested_at })]]);
    expect((await completeJobs(own)).completed).toMatchObject([{ job: 'photos', classified: 2, rejected: 0 }]);
    expect(await summaryOf(path, 'photos')).toMatchObject({ total: 2, classified: 2, rejected: 0, reasons: {} });
    expect((await completeJobs(own)).completed).toEqual([]);
  });

  it('marks a job again whose marker or summary was taken away', async () => {
    const { path, ...own } = await ports();
    await writeList(path, 'photos', [{ key: 'a' }]);
    await appendTo(path, [[classifiedRow('a', { job: 'photos' })]]);
    await completeJobs(own);
    for (const name of ['_SUCCESS', 'summary.json']) {
      await rm(join(path, 'jobs', 'photos', name));
      expect((await completeJobs(own)).completed).toHaveLength(1);
      expect(await namesOf(path, 'photos')).toEqual(['_SUCCESS', 'summary.json']);
    }
  });
});

describe('the function that is told of new parts', () => {
  it('looks once for all of a batch', async () => {
    const checked: [number, JobsChecked][] = [];
    const handler = jobsHandler(await ports(), { checked: (...look) => checked.push(look), failed: () => {} });
    expect(await handler(sqsEvent({}, {}, {}))).toEqual({ batchItemFailures: [] });
    expect(checked).toEqual([[3, { completed: [], reopened: [], open: 0, pending: 0 }]]);
  });

  it('gives all of a batch back when it cannot look', async () => {
    const { path, ...own } = await ports();
    await writeList(path, 'photos', [{ key: 'a' }]);
    const store = new FolderStore();
    const failures: Failure[] = [];
    const source = { kind: 'remote', store, bucket: `${path}/none`, prefix: '', cacheFolder: path } as const;
    const handler = jobsHandler({ ...own, source }, { checked: () => {}, failed: (failure) => failures.push(failure) });
    expect(await handler(sqsEvent({}, {}))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm2' }],
    });
    expect(failures).toHaveLength(1);
    await expect(handler({ Records: 'none' })).rejects.toThrow('expected a Lambda event of an SQS queue');
  });
});
