import { stat } from 'node:fs/promises';
import { UserError } from '../../../shared/failures/user-error.ts';
import { ResultsStore } from '../../../shared/rows/results-store.ts';
import { openJob } from '../job-of-source.ts';
import { locationName, openSource, openStore, outputFolders } from '../locations.ts';
import { openModel } from '../models/open-model.ts';
import { inPreparedStore } from '../prepared-store.ts';
import { UsageError } from '../usage-error.ts';
import { finishedIn } from './finished-in.ts';
import { localRun, type RunHooks } from './local-run.ts';
import { RecordedUploads } from './recorded-uploads.ts';
import type { PipelineOptions } from './run.ts';
import { type Summary, summarize } from './summary.ts';
import { watchedUploads } from './watched-uploads.ts';

/** Classifies existing and new images of a folder until it is stopped. @throws {UserError} for anything but a folder */
export async function watch(text: string, options: PipelineOptions, hooks: RunHooks): Promise<Summary> {
  if (/^[a-z0-9+.-]+:\/\//i.test(text)) {
    throw new UsageError(`only a folder can be watched: give a folder instead of ${text}`);
  }
  const source = await openSource(text, options);
  const { bucket: folder, objects } = source;
  if (!(await stat(folder)).isDirectory()) throw new UserError(`${text} is a file: give a folder to watch`);
  const opened = await openStore(options);
  const { model } = await openModel(options.model, {
    crops: options.crops,
    regions: options.regions,
    hooks: hooks.models,
  });
  return inPreparedStore(opened, async (store) => {
    const taken = await openJob(source, store, options);
    const job = taken.name;
    const run = { command: 'watch', job, source: locationName(source), model: model.id } as const;
    const recorded = new RecordedUploads(store, run);
    let isComplete = false;
    try {
      const outcome = await localRun(
        {
          model,
          compute: options,
          objects,
          async *uploads(tally, stop) {
            const finished = await finishedIn(store, model);
            const watched = { folder, excluded: outputFolders(store), job, finished };
            yield* recorded.record(taken.taking(watchedUploads(watched, tally, stop)), tally);
          },
          results: new ResultsStore(store.objects, store),
          store,
        },
        hooks,
      );
      const summary = summarize(outcome, { job, store: options.store, model });
      isComplete = summary.pending === 0;
      return summary;
    } finally {
      await recorded.end(isComplete);
      await taken.end();
    }
  });
}
