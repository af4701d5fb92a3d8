import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JobProgress, jobProgress } from '../../../jobs/progress/job-progress.ts';
import { listJobObjects } from '../../../jobs/progress/list-job-objects.ts';
import { compactResults } from '../../../results/compact/compact.ts';
import { openResults } from '../../../results/open/open-results.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { writeList } from '../../support/job-lists.ts';
import { classifiedRow, deletedRow, rejectedRow } from '../../support/result-rows.ts';
import { appendTo } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function progress(path: string, job?: string): Promise<JobProgress[]> {
  const source = { kind: 'folder', path } as const;
  const results = await openResults(source, { embeddings: false });
  try {
    const lists = (await listJobObjects(source)).flatMap((objects) => objects.lists);
    return await jobProgress(results, { expected: { lists }, job, since: new Date('2026-03-01T10:00:02Z') });
  } finally {
    await results.close();
  }
}

/** Counts of one job. */
async function countsOf(path: string, job = 'photos') {
  const [counts] = await progress(path, job);
  if (counts === undefined) throw new Error('no such job');
  const { total, classified, rejected, deleted, pending } = counts;
  return { total, classified, rejected, deleted, pending };
}

const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 10, 0, second));

describe('jobProgress', () => {
  it('counts listed images by status, and those without a row as pending', async () => {
    const path = temporaryFolder();
    await writeList(
      path,
      'photos',
      ['a', 'b', 'c', 'd'].map((key) => ({ key })),
    );
    await appendTo(path, [
      [classifiedRow('a', { job: 'photos' }), rejectedRow('b', { job: 'photos', reason: 'truncated' })],
      [classifiedRow('c', { job: 'photos' }), deletedRow('c'), classifiedRow('x', { job: 'others' })],
    ]);
    expect(await progress(path)).toMatchObject([
      { job: 'others', total: null, pending: null, classified: 1, rejected: 0, deleted: 0 },
      {
        ...{ job: 'photos', total: 4, classified: 1, rejected: 1, deleted: 1, pending: 1 },
        reasons: [{ reason: 'truncated', count: 1 }],
        models: ['googlenet@0123456789ab'],
        recent: 2,
        first: new Date('2026-03-01T10:00:01.250Z'),
        last: new Date('2026-03-01T10:00:02.500Z'),
      },
    ]);
    expect(await progress(path, 'others')).toHaveLength(1);
  });

  it('counts an image of a job without lists once, by its last read, whatever the number of models', async () => {
    const path = temporaryFolder();
    const [relabeled, other] = [{ model: 'finetuned@1' }, { model: 'other@2', ingested_at: at(30) }];
    await appendTo(path, [
      [classifiedRow('a'), classifiedRow('b'), rejectedRow('c')],
      [classifiedRow('a', { ...relabeled, classified_at: at(50) }), rejectedRow('c', relabeled)],
      [rejectedRow('b', { ...other, reason: 'timeout' })],
    ]);
    expect(await progress(path)).toMatchObject([
      {
        ...{ job: 'default', total: null, classified: 1, rejected: 2, deleted: 0, recent: 2, last: at(30) },
        models: expect.arrayContaining(['googlenet@0123456789ab', 'other@2']),
      },
    ]);
  });

  it('counts an image on several lists once', async () => {
    const path = temporaryFolder();
    await writeList(path, 'photos', [{ key: 'a' }, { key: 'b' }]);
    await writeList(path, 'photos', [{ key: 'b' }, { key: 'c' }], at(5));
    await appendTo(path, [[classifiedRow('b', { job: 'photos' })]]);
    expect(await countsOf(path)).toEqual({ total: 3, classified: 1, rejected: 0, deleted: 0, pending: 2 });
  });

  it('counts an image as done if another job computed the same bytes with the same model', async () => {
    const path = temporaryFolder();
    await writeList(
      path,
      'photos',
      ['same', 'bytes', 'model', 'deleted'].map((key) => ({ key })),
      at(30),
    );
    await appendTo(path, [
      [
        classifiedRow('same', { job: 'other' }),
        classifiedRow('bytes', { job: 'other', etag: 'e0', image_id: 'drop/bytes@e0' }),
        classifiedRow('model', { job: 'other', model: 'other@1' }),
        // The deletion of older content does not account for the submitted content.
        classifiedRow('deleted', { job: 'other', etag: 'e0', image_id: 'drop/deleted@e0' }),
        deletedRow('deleted'),
      ],
    ]);
    expect(await countsOf(path)).toEqual({ total: 4, classified: 1, rejected: 0, deleted: 0, pending: 3 });
  });

  it('waits for an image that was overwritten and submitted again, and accepts any later row of the job', async () => {
    const path = temporaryFolder();
    await writeList(path, 'photos', [{ key: 'a' }], at(0));
    await appendTo(path, [[classifiedRow('a', { job: 'photos' })]]);
    await writeList(path, 'photos', [{ key: 'a', etag: 'e2' }], at(30));
    expect(await countsOf(path)).toMatchObject({ total: 1, classified: 0, pending: 1 });
    const third = { etag: 'e3', image_id: 'drop/a@e3', job: 'photos', ingested_at: at(40) };
    await appendTo(path, [[rejectedRow('a', third)]]);
    expect(await countsOf(path)).toMatchObject({ total: 1, rejected: 1, pending: 0 });
  });

  it('names a damaged list', async () => {
    const path = temporaryFolder();
    const list = await writeList(path, 'photos', [{ key: 'a' }]);
    await writeFile(list, 'text');
    await expect(progress(path)).rejects.toThrow(/images-.*parquet is damaged or not a list of images/);
    await expect(progress(path)).rejects.toThrow(/^(?!.*images-.*images-)/);
  });
});

const submitted = at(10);
const keys = ['a', 'b', 'c'];
const etags = ['e1', 'e2'];
const row = (job: fc.Arbitrary<string>, seconds: fc.Arbitrary<number>) =>
  fc
    .record({
      key: fc.constantFrom(...keys),
      job,
      etag: fc.constantFrom(...etags),
      model: fc.constantFrom('googlenet@0123456789ab', 'other@1'),
      second: seconds,
      kind: fc.constantFrom('classified', 'rejected', 'object_gone', 'deleted'),
    })
    .map(({ kind, second, key, ...fields }): ResultRow => {
      const known = {
        ...fields,
        image_id: `drop/${key}@${fields.etag}`,
        event_time: at(second),
        ingested_at: at(second),
      };
      if (kind === 'classified') return classifiedRow(key, { ...known, classified_at: at(second) });
      if (kind === 'deleted')
        return deletedRow(key, { job: fields.job, event_time: at(second), ingested_at: at(second) });
      return rejectedRow(key, { ...known, reason: kind === 'rejected' ? 'not_an_image' : 'object_gone' });
    });
/** Any row, before or after the submission, of this job or another. */
const anyRow = row(fc.constantFrom('photos', 'other'), fc.integer({ min: 0, max: 50 }));
/** The row that every image of the job gets in the end, of the submitted bytes or others. */
const outcome = row(fc.constant('photos'), fc.integer({ min: 11, max: 50 })).filter(
  ({ status }) => status !== 'deleted',
);

describe('jobProgress of random histories', () => {
  it('adds up to the total at every moment, and ends with no pending image', async () => {
    const history = fc
      .record({ noise: fc.array(anyRow, { maxLength: 6 }), ends: fc.tuple(...keys.map(() => outcome)) })
      .chain(({ noise, ends }) =>
        fc.shuffledSubarray([...noise, ...ends.map((end, index) => renamed(end, keys[index] ?? ''))], {
          minLength: noise.length + ends.length,
        }),
      );
    await fc.assert(
      fc.asyncProperty(history, async (rows) => {
        const path = temporaryFolder();
        await writeList(
          path,
          'photos',
          keys.map((key) => ({ key })),
          submitted,
        );
        const step = Math.ceil(rows.length / 3);
        for (let from = 0; from < rows.length; from += step) {
          await appendTo(path, [rows.slice(from, from + step)]);
          balanced(await countsOf(path));
        }
        expect((await countsOf(path)).pending).toBe(0);
        // Compaction removes superseded rows: an image with rows of another model only may then be pending again.
        if (rows.some(({ job, model }) => job === 'photos' && model !== listedModel)) return;
        const source = { kind: 'folder', path } as const;
        await compactResults({ source, store: new FolderStore(), workFolder: path, bytesPerRun: 1e9, stop: never });
        expect((await countsOf(path)).pending).toBe(0);
      }),
      { numRuns: 10 },
    );
  });
});

const listedModel = 'googlenet@0123456789ab';
const never = new AbortController().signal;

function renamed(end: ResultRow, key: string): ResultRow {
  return { ...end, key, image_id: `drop/${key}@${end.etag}` };
}

function balanced({ total, classified, rejected, deleted, pending }: Awaited<ReturnType<typeof countsOf>>): void {
  expect(total).toBe(keys.length);
  expect(classified + rejected + deleted + (pending ?? Number.NaN)).toBe(total);
}
