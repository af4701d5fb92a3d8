import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../../shared/failures/user-error.ts';
import { jobsPrefix, resultsPrefix } from '../../shared/stores/keys.ts';
import { openSource } from '../engine/locations.ts';
import { localLimits, withPipeline } from '../engine/run/open-pipeline.ts';
import { openMemoryCrops, runPipeline } from '../engine/run/run-pipeline.ts';
import { printSummary, type Summary, summarise } from '../engine/run/summary.ts';
import { Tally } from '../engine/run/tally.ts';
import { watchedUploads } from '../engine/run/watched-uploads.ts';
import { interruption } from '../terminal/interruption.ts';
import { showProgress } from '../terminal/progress.ts';
import { addPipelineOptions, type PipelineOptions } from './pipeline-options.ts';

export function addWatchCommand(program: Command): void {
  addPipelineOptions(program.command('watch'))
    .argument('<folder>', 'the folder to watch')
    .summary('classify the images of a folder and every one that is added')
    .description(
      'Classify the images of a folder and every one that is added or changed, until interrupted; one that is removed ' +
        'is marked as deleted. What an earlier run has finished is not computed again. Hidden files are left out.',
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ inception-batch watch ./drop --model .cache/googlenet --store .cache/store\n',
    )
    .action(async (folder: string, options: PipelineOptions) => {
      const summary = await watchFolder(folder, options);
      if (options.json) console.log(JSON.stringify(summary));
      else printSummary(summary);
      process.exitCode = summary.pending === 0 ? 0 : 1;
    });
}

async function watchFolder(text: string, options: PipelineOptions): Promise<Summary> {
  if (/^[a-z0-9+.-]+:\/\//i.test(text)) {
    throw new UserError(`expected a folder to watch, got ${text}: a bucket cannot be watched`);
  }
  const { bucket: folder, objects } = await openSource(text, options, undefined);
  if (!(await stat(folder)).isDirectory()) throw new UserError(`expected a folder to watch, but ${text} is a file`);
  return withPipeline(options, async ({ model, store, results, session, finished }) => {
    const { job = basename(folder) } = options;
    const tally = new Tally();
    const { stop, release } = interruption();
    const started = Date.now();
    const progress = options.json ? undefined : showProgress(() => tally.counts, started);
    try {
      const own =
        store.kind === 'folder' ? [resultsPrefix, jobsPrefix].map((prefix) => resolve(store.bucket, prefix)) : [];
      const done = await finished();
      const uploads = (until: AbortSignal) => watchedUploads({ folder, own, job, finished: done }, tally, until);
      const { threads: decoders, batch: batchSize } = options;
      await runPipeline({
        uploads,
        objects,
        openCrops: openMemoryCrops,
        outputs: [store],
        requestedPrefix: '',
        results,
        model,
        session,
        limits: localLimits,
        decoders,
        batchSize,
        tally,
        stop,
      });
    } finally {
      progress?.stop();
      release();
    }
    return summarise(tally.counts, {
      job,
      store: options.store,
      model,
      ms: Date.now() - started,
      interrupted: !tally.complete,
    });
  });
}
