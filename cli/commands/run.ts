import { type Command, Option } from 'commander';
import type { TransportOptions } from '../../shared/crops/crops-queue.ts';
import { openCropsQueue } from '../../shared/crops/open-crops-queue.ts';
import { checkTransport, type Transport, transports } from '../../shared/crops/transport.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { awsClients } from '../../shared/stores/aws/clients.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { defaultJobName } from '../engine/default-job-name.ts';
import { type OpenedLocation, openSource, openStore } from '../engine/locations.ts';
import { countObjects, listedUploads } from '../engine/run/listed-uploads.ts';
import { markRun } from '../engine/run/mark-run.ts';
import { localLimits, withPipeline } from '../engine/run/open-pipeline.ts';
import { openMemoryCrops, runPipeline } from '../engine/run/run-pipeline.ts';
import { printSummary, type Summary, summarise } from '../engine/run/summary.ts';
import { Tally } from '../engine/run/tally.ts';
import { interruption } from '../terminal/interruption.ts';
import { showProgress } from '../terminal/progress.ts';
import { addPipelineOptions, type PipelineOptions } from './pipeline-options.ts';

interface RunOptions extends PipelineOptions {
  readonly queue?: string;
  readonly transport?: Transport;
}

export function addRunCommand(program: Command): void {
  const command = addPipelineOptions(program.command('run'))
    .argument('<images>', 'a folder, or s3://bucket/prefix')
    .summary('classify every image of a folder or bucket, once')
    .description(
      'Classify every image of a folder or bucket. Images that an earlier run has finished with the same model are ' +
        'not computed again, so a run that was interrupted goes on where it was. Hidden files are left out.',
    )
    .option('--queue <url>', 'send crops through this SQS queue, one for this run alone, instead of memory')
    .addOption(
      new Option(
        '--transport <how>',
        'how crops go through it: in its messages, or packed in objects below "packed/" of the store, which nobody ' +
          'removes but a lifecycle rule; by default what costs less, and inline where the store is a folder',
      ).choices(transports),
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ inception-batch run ./photos --model .cache/googlenet --store .cache/store\n' +
        '\nExit code: 0 every image has a row; 1 a fault, or no image could be classified; 130 interrupted.\n',
    )
    .action(async (images: string, options: RunOptions) => {
      if (options.transport !== undefined && options.queue === undefined) {
        command.error('error: --transport is how crops go through a queue of SQS: expected --queue too');
      }
      const summary = await run(images, options);
      if (options.json) console.log(JSON.stringify(summary));
      else printSummary(summary);
      process.exitCode = exitCode(summary);
    });
}

async function run(text: string, options: RunOptions): Promise<Summary> {
  const output = openStore(options.store, options);
  const place = await openSource(text, options, output);
  const transportOptions = sendByOf(options, output);
  const openCrops = await cropsOpener(options, transportOptions);
  return withPipeline(options, async ({ model, results, session, finished }) => {
    if (options.queue !== undefined) checkTransport(transportOptions.transport, model.manifest.preprocess);
    const job = options.job ?? defaultJobName(place);
    const tally = new Tally();
    const { stop, release } = interruption();
    const started = Date.now();
    const progress = options.json ? undefined : showProgress(() => tally.counts, started);
    const counting = new AbortController();
    // Only progress needs the count; the listing that feeds the run reports what is wrong with the place.
    const counted = countObjects(place, counting.signal).then(
      (total) => total === undefined || tally.expect(total),
      () => {},
    );
    try {
      const done = await finished();
      const uploads = () => listedUploads(place, job, done, tally);
      const { objects } = place;
      const { threads: decoders, batch: batchSize } = options;
      const limits = localLimits;
      await runPipeline({
        uploads,
        objects,
        openCrops,
        outputs: [output],
        requestedPrefix: place.prefix,
        results,
        model,
        session,
        limits,
        decoders,
        batchSize,
        tally,
        stop,
      });
    } finally {
      counting.abort();
      await counted;
      progress?.stop();
      release();
    }
    if (tally.counts.total === 0) throw new UserError(`no file to classify in ${text}`);
    const ms = Date.now() - started;
    const summary = summarise(tally.counts, {
      job,
      store: options.store,
      model,
      ms,
      interrupted: stop.aborted && !tally.complete,
    });
    await markRun(summary, output);
    return summary;
  });
}

/** How crops are sent: packed ones need a place where any worker finds them, which a folder here is not. */
function sendByOf({ transport, store }: RunOptions, place: OpenedLocation): TransportOptions {
  if (place.kind === 's3') return { transport: transport ?? 'auto', location: place };
  if (transport !== 'packed') return { transport: 'inline' };
  throw new UserError(`expected a store in S3 for --transport packed, such as s3://bucket/prefix, got ${store}`);
}

/** The queue between ingest and classify: in memory, or the one that was named. */
async function cropsOpener(
  { queue, ...aws }: RunOptions,
  transportOptions: TransportOptions,
): Promise<typeof openMemoryCrops> {
  if (queue === undefined) return openMemoryCrops;
  const { s3, sqs } = awsClients(aws);
  const crops = await openCropsQueue(sqs, queue, new S3Store(s3), transportOptions);
  return () => crops;
}

function exitCode({ interrupted, pending, classified, classifiedBefore }: Summary): number {
  if (interrupted) return 130;
  return pending === 0 && classified + classifiedBefore > 0 ? 0 : 1;
}
