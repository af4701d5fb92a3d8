import type { Command } from 'commander';
import { assumptionsOf, type Estimate, estimate, notCounted } from '../../jobs/cost/estimate.ts';
import { type Worker, workloadOf } from '../../jobs/cost/workload.ts';
import { byInstance, byWorkers } from '../../plan/alternatives.ts';
import { countImages } from '../../plan/count-images.ts';
import { peersOf } from '../../plan/peers.ts';
import * as prices from '../../shared/deployment/prices.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { openSource, openStore } from '../engine/locations.ts';
import { printPlan } from '../terminal/print-plan.ts';
import { addStoreOptions } from './pipeline-options.ts';
import { addPlanOptions, type PlanOptions, workerOf } from './plan-options.ts';

export function addPlanCommand(program: Command): void {
  addPlanOptions(addStoreOptions(program.command('plan')))
    .argument('[images]', 'a folder or s3://bucket/prefix whose images are listed; or --count')
    .summary('what a job would take on AWS: requests, hours, dollars, each as arithmetic')
    .description(
      'Estimate what a job would take and cost on AWS: images, requests, GB-seconds of Lambda, GPU hours on Spot and on ' +
        'demand, storage, dollars in all and for a million, hours with more workers, and what others ask. Nothing is ' +
        'started and nothing is read but a listing. Each line is arithmetic that can be followed; figures that nobody ' +
        'has measured are said to be assumed.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ inception-batch plan --count 1000000\n' +
        '  $ inception-batch plan s3://drop/photos --workers 4\n' +
        '  $ inception-batch plan --count 50000 --size 2.5MB --megapixels 12 --instance lambda --workers 20\n',
    )
    .action(async (images: string | undefined, options: PlanOptions, command: Command) => {
      const wrong = wrongWith(images, options);
      if (wrong !== undefined) command.error(`error: ${wrong}`);
      const worker = workerOf(options);
      if (typeof worker === 'string') command.error(`error: ${worker}`);
      const planned = await plan(images, options, worker);
      if (options.json) console.log(JSON.stringify(withAll(planned)));
      else printPlan(planned, process.stdout.isTTY ? process.stdout.columns : undefined);
    });
}

function wrongWith(images: string | undefined, { count, size }: PlanOptions): string | undefined {
  if (images === undefined && count === undefined) {
    return 'expected what to plan for: a folder, s3://bucket/prefix, or --count <n>';
  }
  if (images === undefined) return undefined;
  if (count !== undefined) return `expected either images or --count, got ${images} and --count ${count}`;
  if (size !== undefined) return `--size goes with --count: those of ${images} are listed with their sizes`;
  return undefined;
}

async function plan(images: string | undefined, options: PlanOptions, worker: Worker): Promise<Estimate> {
  const { count, size, megapixels, crops, transport, ingestBatch, workers } = options;
  const counted = images === undefined ? { images: count ?? 0, bytes: size } : await listed(images, options);
  return estimate(
    workloadOf({
      images: counted.images,
      ...(counted.bytes === undefined ? {} : { bytes: counted.bytes }),
      ...(megapixels === undefined ? {} : { megapixels }),
      crops: Number(crops),
      transport,
      ingestBatch,
      ...(workers === undefined ? {} : { workers }),
      worker,
      listed: images !== undefined,
    }),
  );
}

/** How many images a place has, and bytes of one on average. What the pipeline has stored there is none. */
async function listed(text: string, options: PlanOptions): Promise<{ images: number; bytes: number }> {
  const place = await openSource(text, options, openStore(options.store, options));
  const { images, bytes } = await countImages(place.objects, place, ({ images: soFar }) => {
    if (!options.json) console.error(`${soFar.toLocaleString('en')} images so far`);
  });
  if (images === 0) throw new UserError(`no file to plan for in ${text}`);
  return { images, bytes: bytes / images };
}

function withAll(planned: Estimate): unknown {
  const { job } = planned;
  return {
    ...planned,
    byWorkers: byWorkers(job),
    byInstance: byInstance(job),
    peers: peersOf(job.images),
    assumptions: assumptionsOf(job),
    notCounted,
    prices,
  };
}
