import { availableParallelism } from 'node:os';
import { uploadOfObject } from '../../../shared/events/upload-of-object.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { openSession } from '../../../shared/inference/open-session.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import type { ListedObject, ResultsWriter } from '../../../shared/stores/ports.ts';
import { interruption } from '../../terminal/interruption.ts';
import { showProgress } from '../../terminal/progress.ts';
import { localLimits } from '../run/open-pipeline.ts';
import { openMemoryCrops, runPipeline } from '../run/run-pipeline.ts';
import { Tally } from '../run/tally.ts';

const batchSize = 8;

/**
 * The row of each file, by `bucket/key`: the flow of `run`, but that rows are kept here instead of stored. A file that the
 * flow passes over, such as a hidden one, has none.
 * @throws {UserError} when it was interrupted
 */
export async function embedFiles(
  model: Model,
  files: readonly ListedObject[],
  { quiet }: { quiet: boolean },
): Promise<Map<string, ResultRow>> {
  const rows = new Map<string, ResultRow>();
  if (files.length === 0) return rows;
  const results: ResultsWriter = {
    async append(part) {
      for (const row of part) rows.set(`${row.bucket}/${row.key}`, row);
    },
  };
  const threads = availableParallelism();
  const tally = new Tally();
  tally.expect(files.length);
  const { stop, release } = interruption();
  const progress = quiet ? undefined : showProgress(() => tally.counts, Date.now());
  const session = openSession(model, { threads, batchSize });
  session.catch(() => {}); // the pipeline sees the fault
  try {
    await runPipeline({
      async *uploads() {
        for (const file of files) yield uploadOfObject(file, 'finetune', new Date());
      },
      objects: new FolderStore(),
      openCrops: openMemoryCrops,
      outputs: [],
      requestedPrefix: '',
      results,
      model,
      session,
      limits: localLimits,
      decoders: threads,
      batchSize,
      tally,
      stop,
    });
  } finally {
    progress?.stop();
    release();
    await session.then(
      (open) => open.close(),
      () => {}, // the pipeline saw the fault
    );
  }
  if (stop.aborted) throw new UserError('interrupted: no model was written');
  return rows;
}
