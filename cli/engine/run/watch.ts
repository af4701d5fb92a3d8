import { stat } from 'node:fs/promises';
import { UserError } from '../../../shared/failures/user-error.ts';
import { ResultsStore } from '../../../shared/rows/results-store.ts';
import { openJob } from '../job-of-source.ts';
import { inPreparedStore, openSource, openStore, outputFolders } from '../locations.ts';
import { openModel } from '../models/open-model.ts';
import { UsageError } from '../usage-error.ts';
import { finishedIn } from './finished-in.ts';
import { localRun, type RunHooks } from './local-run.ts';
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
  const store = openStore(options);
  const { model } = await openModel(options.model, { crops: options.crops, hooks: hooks.models });
  return inPreparedStore(store, async () => {
    const opened = await openJob(source, store, options);
    const job = opened.name;
    const outcome = await localRun(
      {
        model,
        compute: options,
        objects,
        async *uploads(tally, stop) {
          const finished = await finishedIn(store, model);
          const watched = { folder, excluded: outputFolders(store), job, finished };
          yield* opened.taking(watchedUploads(watched, tally, stop));
        },
        results: new ResultsStore(store.objects, store),
        store,
      },
      hooks,
    ).finally(() => opened.end());
    return summarize(outcome, { job, store: options.store, model: model.id });
  });
}
