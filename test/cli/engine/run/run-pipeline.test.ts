import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listedUploads } from '../../../../cli/engine/run/listed-uploads.ts';
import { openMemoryCrops } from '../../../../cli/engine/run/pipeline-crops.ts';
import { type PipelineInput, runPipeline } from '../../../../cli/engine/run/run-pipeline.ts';
import { Tally } from '../../../../cli/engine/run/tally.ts';
import type { UploadEvent } from '../../../../shared/events/upload-event.ts';
import { Failure } from '../../../../shared/failures/failure.ts';
import type { Session } from '../../../../shared/inference/session.ts';
import type { ResultsWriter } from '../../../../shared/rows/results-writer.ts';
import { FolderStore } from '../../../../shared/stores/local/folder-store.ts';
import { writePhotos } from '../../../support/photos.ts';
import { RecordingResults } from '../../../support/recording-results.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { openTinyClassifier } from '../../../support/tiny-classifier.ts';

const folder = temporaryFolder();
const photos = join(folder, 'photos');
const { model, session } = await openTinyClassifier();

await writePhotos(photos, 6);
await writeFile(join(photos, 'note.txt'), 'no picture');

function inputWith(values: Partial<PipelineInput> & { results: ResultsWriter }): PipelineInput {
  const objects = new FolderStore();
  const tally = new Tally();
  const source = { objects, bucket: photos, prefix: '', kind: 'folder' as const };
  return {
    uploads: () => listedUploads(source, 'test', new Map(), tally),
    objects,
    openCrops: openMemoryCrops,
    outputs: [],
    requestedPrefix: '',
    model,
    session: Promise.resolve(session),
    decoders: 2,
    batchSize: 4,
    tally,
    stop: new AbortController().signal,
    ...values,
  };
}

/** Yields one photo, then waits until it is stopped. */
async function* waitingAfter(key: string, stop: AbortSignal): AsyncGenerator<UploadEvent> {
  yield { kind: 'created', bucket: photos, key, eventTime: new Date(), job: 'test' };
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve));
}

async function* deletionOf(key: string): AsyncGenerator<UploadEvent> {
  yield { kind: 'deleted', bucket: photos, key, eventTime: new Date(), job: 'test' };
}

describe('runPipeline', () => {
  it('gives every image a row', async () => {
    const results = new RecordingResults();
    const input = inputWith({ results });
    await runPipeline(input);
    expect(results.rows.map(({ key, status }) => `${key} ${status}`).toSorted()).toEqual([
      'note.txt rejected',
      ...Array.from({ length: 6 }, (_, index) => `photo-00${index}.jpg classified`),
    ]);
    expect(input.tally.complete).toBe(true);
  });

  it('stores the row of a deletion, which is not counted as an image', async () => {
    const results = new RecordingResults();
    const input = inputWith({ results, uploads: () => deletionOf('photo-001.jpg') });
    await runPipeline(input);
    expect(results.rows).toMatchObject([{ key: 'photo-001.jpg', status: 'deleted' }]);
    expect(input.tally.counts).toMatchObject({ total: 0, classified: 0, rejected: 0, deleted: 1 });
  });

  it('gathers the rows of rejected images into parts as full as those of classified ones', async () => {
    const parts: number[] = [];
    const empty = join(folder, 'empty');
    await mkdir(empty);
    const images = 1300;
    for (let index = 0; index < images; index += 1) await writeFile(join(empty, `${index}.jpg`), '');
    const source = { objects: new FolderStore(), bucket: empty, prefix: '', kind: 'folder' as const };
    const tally = new Tally();
    const results: ResultsWriter = { append: async (rows) => void (rows.length > 0 && parts.push(rows.length)) };
    await runPipeline(inputWith({ results, tally, uploads: () => listedUploads(source, 'test', new Map(), tally) }));
    expect(parts.reduce((sum, rows) => sum + rows, 0)).toBe(images);
    expect(tally.counts.rejected).toBe(images);
    // A part for each image, or for the ten of a receive, would be 1,300 or 130. A part may also be closed by its age.
    expect(parts.length).toBeLessThan(40);
    expect(Math.max(...parts)).toBeGreaterThan(64);
  });

  it('fails if the row of a deletion cannot be stored', async () => {
    const results = new RecordingResults();
    results.fault = new Failure('unreadable', 'the disk is broken');
    const uploads = () => deletionOf('photo-001.jpg');
    await expect(runPipeline(inputWith({ results, uploads }))).rejects.toThrow('the disk is broken');
  });

  it('fails if the row of a rejected image cannot be stored', async () => {
    const results = new RecordingResults();
    results.fault = new Failure('unreadable', 'the disk is broken');
    const uploads = (stop: AbortSignal) => waitingAfter('note.txt', AbortSignal.any([stop, AbortSignal.timeout(1)]));
    await expect(runPipeline(inputWith({ results, uploads }))).rejects.toThrow('the disk is broken');
  });

  it('fails if results cannot be stored while it waits for more images', async () => {
    const results = new RecordingResults();
    results.fault = new Error('the disk is broken');
    const uploads = (stop: AbortSignal) => waitingAfter('photo-001.jpg', stop);
    await expect(runPipeline(inputWith({ results, uploads }))).rejects.toThrow('the disk is broken');
  });

  it('fails if the model cannot be loaded while it waits for more images', async () => {
    const loading = Promise.reject(new Error('no such operator'));
    loading.catch(() => {});
    const uploads = (stop: AbortSignal) => waitingAfter('photo-001.jpg', stop);
    const input = inputWith({ results: new RecordingResults(), uploads, session: loading });
    await expect(runPipeline(input)).rejects.toThrow('no such operator');
  });

  it.each([
    ['lists more', undefined],
    ['cannot be listed', new Failure('timeout', 'the service does not answer')],
  ])('takes no more images after it is stopped, and stores those in a batch; the source %s', async (_, failure) => {
    const results = new RecordingResults();
    const stopping = new AbortController();
    const stoppedByBatch: Session = {
      ...session,
      run: (batch) => {
        stopping.abort();
        return session.run(batch);
      },
    };
    async function* uploads(stop: AbortSignal): AsyncGenerator<UploadEvent> {
      yield* waitingAfter('photo-001.jpg', stop);
      if (failure !== undefined) throw failure;
      yield* waitingAfter('photo-002.jpg', stop);
    }
    const input = inputWith({ results, uploads, session: Promise.resolve(stoppedByBatch), stop: stopping.signal });
    await runPipeline(input);
    expect(results.rows.map(({ key }) => key)).toEqual(['photo-001.jpg']);
    expect(input.tally.pending.size).toBe(0);
  });

  it('succeeds if it is stopped after a retry has stored the rows that failed first', async () => {
    const results = new RecordingResults();
    const stopping = new AbortController();
    const stored = Promise.withResolvers<void>();
    let appends = 0;
    const failingOnce: ResultsWriter = {
      async append(rows) {
        if (rows.length === 0) return;
        appends += 1;
        if (appends === 1) throw new Failure('unavailable', 'the store is unavailable');
        await results.append(rows);
        stored.resolve();
      },
    };
    async function* uploads(): AsyncGenerator<UploadEvent> {
      const upload = { kind: 'created', bucket: photos, job: 'test' } as const;
      yield { ...upload, key: 'photo-001.jpg', eventTime: new Date() };
      await stored.promise;
      yield { ...upload, key: 'photo-002.jpg', eventTime: new Date() };
      stopping.abort();
    }
    const input = inputWith({ results: failingOnce, uploads, stop: stopping.signal });
    await runPipeline(input);
    expect(results.rows.map(({ key }) => key)).toEqual(['photo-001.jpg']);
    expect([...input.tally.pending.keys()]).toEqual([`${photos}/photo-002.jpg`]);
  });
});
