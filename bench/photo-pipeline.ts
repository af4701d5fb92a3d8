import { openSource } from '../cli/engine/locations.ts';
import { listedUploads } from '../cli/engine/run/listed-uploads.ts';
import { openMemoryCrops } from '../cli/engine/run/pipeline-crops.ts';
import { runPipeline } from '../cli/engine/run/run-pipeline.ts';
import { Tally } from '../cli/engine/run/tally.ts';
import type { Session } from '../shared/inference/session.ts';
import type { Model } from '../shared/models/model-directory.ts';
import { ResultsStore } from '../shared/rows/results-store.ts';
import type { ResultRow } from '../shared/rows/row.ts';
import { FolderStore } from '../shared/stores/local/folder-store.ts';

export interface PhotoPipelineOptions {
  readonly folder: string;
  /** Names of the photos in the folder to classify. */
  readonly photos: readonly string[];
  /** Folder of the results. */
  readonly store: string;
  readonly model: Model;
  readonly session: Session;
  /** Cores to decode with. */
  readonly threads: number;
  readonly batchSize: number;
  /** Called with rows that are stored. */
  readonly onRows?: (rows: readonly ResultRow[]) => void;
}

/**
 * Runs the pipeline on photos as `run` does, with the queue in memory.
 * @throws unless every photo is classified
 */
export async function runOnPhotos(options: PhotoPipelineOptions): Promise<void> {
  const { folder, model, session, threads, batchSize, onRows } = options;
  const photos = new Set(options.photos);
  const source = await openSource(folder, {}, undefined);
  const store = { bucket: options.store, prefix: '' };
  const tally = new Tally();
  const results = new ResultsStore(new FolderStore(), store);
  await runPipeline({
    async *uploads() {
      for await (const upload of listedUploads(source, 'bench', new Map(), tally)) {
        if (photos.has(upload.key)) yield upload;
      }
    },
    objects: source.objects,
    openCrops: openMemoryCrops,
    outputs: [store],
    requestedPrefix: '',
    results: {
      async append(rows) {
        await results.append(rows);
        onRows?.(rows);
      },
    },
    model,
    session: Promise.resolve(session),
    decoders: threads,
    batchSize,
    tally,
    stop: new AbortController().signal,
  });
  if (tally.counts.classified !== photos.size) throw new Error(`classified ${tally.counts.classified} photos`);
}
