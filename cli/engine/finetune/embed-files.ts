import { availableParallelism } from 'node:os';
import { uploadOfObject } from '../../../shared/events/upload-of-object.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import type { ResultsWriter } from '../../../shared/rows/results-writer.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import type { ListedObject } from '../../../shared/stores/ports.ts';
import { Interrupted } from '../interrupted.ts';
import { localRun, type RunDisplay } from '../run/local-run.ts';

/**
 * Runs the pipeline over files and returns the row of each, by `bucket/key`, instead of storing it. A file that the
 * pipeline skips, such as a hidden one, has no row.
 * @throws {UserError} if it was interrupted
 */
export async function embedFiles(
  model: Model,
  files: readonly ListedObject[],
  display: RunDisplay,
): Promise<Map<string, ResultRow>> {
  const rows = new Map<string, ResultRow>();
  if (files.length === 0) return rows;
  const results: ResultsWriter = {
    async append(part) {
      for (const row of part) rows.set(`${row.bucket}/${row.key}`, row);
    },
  };
  await display(async (hooks) => {
    await localRun(
      {
        model,
        compute: { threads: availableParallelism(), batch: 8, accelerator: 'cpu' },
        objects: new FolderStore(),
        async *uploads() {
          for (const file of files) yield uploadOfObject(file, 'finetune', new Date());
        },
        countImages: async () => files.length,
        results,
      },
      hooks,
    );
    if (hooks.stop.aborted) throw new Interrupted('interrupted: no model was written');
  });
  return rows;
}
