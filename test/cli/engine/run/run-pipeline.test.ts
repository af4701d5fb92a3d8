import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { listedUploads } from '../../../../cli/engine/run/listed-uploads.ts';
import { localLimits } from '../../../../cli/engine/run/open-pipeline.ts';
import { openMemoryCrops, type PipelineInput, runPipeline } from '../../../../cli/engine/run/run-pipeline.ts';
import { Tally } from '../../../../cli/engine/run/tally.ts';
import type { UploadEvent } from '../../../../shared/events/upload-event.ts';
import { Failure } from '../../../../shared/failures/failure.ts';
import { FolderStore } from '../../../../shared/stores/local/folder-store.ts';
import { writePhotos } from '../../../support/photos.ts';
import { RecordingResults } from '../../../support/recording-results.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { openTinyClassifier } from '../../../support/tiny-classifier.ts';

const folder = temporaryFolder();
const photos = join(folder, 'photos');
const { model, session } = await openTinyClassifier();

beforeAll(async () => {
  await writePhotos(photos, 6);
  await writeFile(join(photos, 'note.txt'), 'no picture');
});

function parts(own: Partial<PipelineInput> & { results: RecordingResults }): PipelineInput {
  const objects = new FolderStore();
  const tally = new Tally();
  const place = { objects, bucket: photos, prefix: '', kind: 'folder' as const };
  return {
    uploads: () => listedUploads(place, 'test', new Map(), tally),
    objects,
    openCrops: openMemoryCrops,
    outputs: [],
    requestedPrefix: '',
    model,
    session: Promise.resolve(session),
    limits: localLimits,
    decoders: 2,
    batchSize: 4,
    tally,
    stop: new AbortController().signal,
    ...own,
  };
}

/** One photo, and then nothing for as long as nobody stops it. */
async function* waitingAfter(key: string, stop: AbortSignal): AsyncGenerator<UploadEvent> {
  yield { kind: 'created', bucket: photos, key, eventTime: new Date(), job: 'test' };
  await new Promise((resolve) => stop.addEventListener('abort', resolve));
}

async function* deletionOf(key: string): AsyncGenerator<UploadEvent> {
  yield { kind: 'deleted', bucket: photos, key, eventTime: new Date(), job: 'test' };
}

describe('the pipeline on one machine', () => {
  it('gives every image a row', async () => {
    const results = new RecordingResults();
    const all = parts({ results });
    await runPipeline(all);
    expect(results.rows.map(({ key, status }) => `${key} ${status}`).toSorted()).toEqual([
      'note.txt rejected',
      ...Array.from({ length: 6 }, (_, index) => `photo-00${index}.jpg classified`),
    ]);
    expect(all.tally.complete).toBe(true);
  });

  it('stores the mark of a deletion, which is no image', async () => {
    const results = new RecordingResults();
    const all = parts({ results, uploads: () => deletionOf('photo-001.jpg') });
    await runPipeline(all);
    expect(results.rows).toMatchObject([{ key: 'photo-001.jpg', status: 'deleted' }]);
    expect(all.tally.counts).toMatchObject({ total: 0, classified: 0, rejected: 0, deleted: 1 });
  });

  it('fails with what kept the mark of a deletion from being stored', async () => {
    const results = new RecordingResults();
    results.fault = new Failure('unreadable', 'the disk is broken');
    const uploads = () => deletionOf('photo-001.jpg');
    await expect(runPipeline(parts({ results, uploads }))).rejects.toThrow('the disk is broken');
  });

  it('fails with what kept the rows of rejected images from being stored', async () => {
    const results = new RecordingResults();
    results.fault = new Failure('unreadable', 'the disk is broken');
    const uploads = (stop: AbortSignal) => waitingAfter('note.txt', AbortSignal.any([stop, AbortSignal.timeout(1)]));
    await expect(runPipeline(parts({ results, uploads }))).rejects.toThrow('the disk is broken');
  });

  it('fails when results cannot be stored while it waits for more images', async () => {
    const results = new RecordingResults();
    results.fault = new Error('the disk is broken');
    const uploads = (stop: AbortSignal) => waitingAfter('photo-001.jpg', stop);
    await expect(runPipeline(parts({ results, uploads }))).rejects.toThrow('the disk is broken');
  });

  it('fails when the model cannot be loaded while it waits for more images', async () => {
    const loading = Promise.reject(new Error('no such operator'));
    loading.catch(() => {});
    const uploads = (stop: AbortSignal) => waitingAfter('photo-001.jpg', stop);
    const all = parts({ results: new RecordingResults(), uploads, session: loading });
    await expect(runPipeline(all)).rejects.toThrow('no such operator');
  });

  it('takes no more images once it is stopped, and stores those in a batch', async () => {
    const results = new RecordingResults();
    const all = parts({
      results,
      uploads: (stop) => waitingAfter('photo-001.jpg', stop),
      stop: AbortSignal.timeout(1500),
    });
    await runPipeline(all);
    expect(results.rows.map(({ key }) => key)).toEqual(['photo-001.jpg']);
  });
});
