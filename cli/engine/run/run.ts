import { stat } from 'node:fs/promises';
import type { TransportOptions } from '../../../shared/crops/crops-queue.ts';
import { checkTransport, type Transport } from '../../../shared/crops/transport.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { CropRule } from '../../../shared/models/crop-rule.ts';
import { ResultsStore } from '../../../shared/rows/results-store.ts';
import { followUp } from '../follow-up.ts';
import { openJob } from '../job-of-source.ts';
import { locationName, type OpenedLocation, openSource, openStore, type StoreOptions } from '../locations.ts';
import { openModel } from '../models/open-model.ts';
import { openS3 } from '../open-s3.ts';
import { inPreparedStore } from '../prepared-store.ts';
import { UsageError } from '../usage-error.ts';
import { watchedClients } from '../watched-clients.ts';
import type { ComputeOptions } from '../with-session.ts';
import { finishedIn } from './finished-in.ts';
import { countObjects, listedUploads } from './listed-uploads.ts';
import { localRun, type RunHooks } from './local-run.ts';
import { markRun } from './mark-run.ts';
import { openMemoryCrops } from './pipeline-crops.ts';
import { RecordedUploads } from './recorded-uploads.ts';
import type { PipelineInput } from './run-pipeline.ts';
import { type Summary, summarize } from './summary.ts';

/** Options of every command that runs the pipeline. */
export interface PipelineOptions extends StoreOptions, ComputeOptions {
  /** A model by name or directory, see `openModel`. */
  readonly model?: string;
  readonly job?: string;
  /** @default the rule of the model's manifest */
  readonly crops?: CropRule;
  /** Regions of each image to classify at most, 1 to `maxRegions`. @default none */
  readonly regions?: number;
}

export interface RunOptions extends PipelineOptions {
  /** URL of an SQS queue that crops go through instead of memory. */
  readonly queue?: string;
  readonly transport?: Transport;
}

/**
 * Classifies the images of a folder or bucket that no earlier run has finished.
 * @throws {UserError} for a location, model or queue that cannot be used, or a location without images
 */
export async function run(images: string, options: RunOptions, hooks: RunHooks): Promise<Summary> {
  const opened = await openStore(options);
  const source = await openSource(images, options, opened);
  await checkFolder(images, source);
  const transport = transportOptions(options, opened);
  const openCrops = await cropsOpener(options, transport);
  if (source.kind === 's3') await requireObjects(images, source);
  const { model } = await openModel(options.model, {
    crops: options.crops,
    regions: options.regions,
    hooks: hooks.models,
  });
  if (options.queue !== undefined) checkTransport(transport.transport, model.manifest.preprocess);
  return inPreparedStore(opened, async (store) => {
    const taken = await openJob(source, store, options);
    const job = taken.name;
    const recorded = new RecordedUploads(store, { command: 'run', job, source: locationName(source), model: model.id });
    let isComplete = false;
    try {
      const outcome = await localRun(
        {
          model,
          compute: options,
          objects: source.objects,
          prefix: source.prefix,
          async *uploads(tally) {
            const uploads = listedUploads(source, job, await finishedIn(store, model), tally);
            yield* recorded.record(taken.taking(uploads), tally);
          },
          countImages: (stop) => countObjects(source, stop),
          openCrops,
          results: new ResultsStore(store.objects, store),
          store,
        },
        hooks,
      );
      if (outcome.counts.total === 0 && !outcome.interrupted) throw noFiles(images);
      const summary = summarize(outcome, { job, store: options.store, model });
      isComplete = !summary.interrupted && summary.pending === 0;
      await markRun(summary, store);
      return summary;
    } finally {
      await recorded.end(isComplete);
      await taken.end();
    }
  });
}

async function checkFolder(text: string, { kind, bucket }: OpenedLocation): Promise<void> {
  if (kind === 's3' || (await stat(bucket)).isDirectory()) return;
  throw new UserError(
    `${text} is a file: give a folder, or print its labels with "${followUp('classify', {}, [text])}"`,
  );
}

/** Finds a mistyped bucket or prefix before a model is downloaded. */
async function requireObjects(text: string, { objects, bucket, prefix }: OpenedLocation): Promise<void> {
  for await (const _ of objects.list(bucket, prefix)) return;
  throw noFiles(text);
}

function noFiles(text: string): UserError {
  return new UserError(`no files to classify in ${text}`);
}

/** How crops are sent. Packed crops must be in a bucket, where every worker can read them. */
function transportOptions({ transport, store: text }: RunOptions, store: OpenedLocation): TransportOptions {
  if (store.kind === 's3') return { transport: transport ?? 'auto', location: store };
  if (transport !== 'packed') return { transport: 'inline' };
  throw new UsageError(`--transport packed needs a store in S3: give --store s3://bucket/prefix instead of ${text}`);
}

async function cropsOpener(
  { queue, ...aws }: RunOptions,
  transport: TransportOptions,
): Promise<PipelineInput['openCrops']> {
  if (queue === undefined) return openMemoryCrops;
  const { openCropsQueue } = await import('../../../shared/crops/open-crops-queue.ts');
  const { sqs } = await watchedClients(aws);
  const crops = await openCropsQueue(sqs, queue, await openS3(aws), transport);
  return () => crops;
}
