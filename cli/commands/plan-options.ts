import { type Command, InvalidArgumentError, Option } from 'commander';
import { gpuWorker, lambdaWorker, type Worker } from '../../jobs/cost/workload.ts';
import { transports } from '../../shared/crops/transport.ts';
import { defaultMessageDays, messagesPerBatch, messagesPerBatchWithRegions } from '../../shared/deployment/defaults.ts';
import { type GpuInstance, gpuInstances } from '../../shared/deployment/prices.ts';
import { cropsPerImage } from '../../shared/models/crop-rule.ts';
import { maxRegions } from '../../shared/models/regions-rule.ts';
import type { JobOptions } from '../engine/plan.ts';
import { byteSize } from './byte-size.ts';
import { integerTo, positiveInteger } from './pipeline-options.ts';

export interface PlanOptions extends JobOptions {
  readonly instance: GpuInstance | 'lambda';
  /** 0 to 100. */
  readonly spot?: number;
  readonly onDemand?: boolean;
  readonly rate?: number;
  readonly json?: boolean;
}

/** Limit of SQS. */
const maxMessageDays = 14;

/** Limit of Lambda. */
const maxMessagesPerBatch = 10_000;

export function addPlanOptions(command: Command): Command {
  return command
    .addOption(new Option('--count <n>', 'plan for this many images instead of a location').argParser(positiveInteger))
    .addOption(
      new Option('--size <bytes>', 'size of an image, such as 110KB or 2.5MB (default: 110KB)').argParser(byteSize),
    )
    .addOption(
      new Option('--megapixels <n>', 'megapixels of an image (default: usual for a JPEG of that size)').argParser(
        positive,
      ),
    )
    .addOption(
      new Option('--crops <n>', 'crops per image').choices(Object.values(cropsPerImage).map(String)).default('1'),
    )
    .addOption(
      new Option('--regions <n>', 'regions of each image that are classified too, 1 to 1000').argParser(
        integerTo(maxRegions),
      ),
    )
    .addOption(
      new Option('--transport <how>', 'how crops travel from ingest to classify').choices(transports).default('auto'),
    )
    .addOption(
      new Option(
        '--ingest-batch <n>',
        `uploads per invocation of the ingest function (default: ${messagesPerBatch}, with --regions ${messagesPerBatchWithRegions})`,
      ).argParser(ingestBatch),
    )
    .addOption(
      new Option(
        '--message-days <n>',
        `days that messages with crops are kept in the queue, 1 to ${maxMessageDays}; packed crops are stored longer ` +
          `(default: ${defaultMessageDays})`,
      ).argParser(integerTo(maxMessageDays)),
    )
    .addOption(
      new Option(
        '--workers <n>',
        'workers at the same time (default: as a deployment, one per 100,000 images and at most four)',
      ).argParser(positiveInteger),
    )
    .addOption(
      new Option('--instance <type>', 'instance type of the workers; lambda for CPU functions')
        .choices([...gpuInstances, 'lambda'])
        .default('g6.xlarge'),
    )
    .addOption(new Option('--spot <percent>', 'percentage of Spot hours (default: 100)').argParser(percent))
    .addOption(new Option('--on-demand', 'use on-demand instances only').conflicts('spot'))
    .addOption(
      new Option('--rate <n>', 'crops per second of a worker (default: an assumption per instance type)').argParser(
        positive,
      ),
    )
    .option('--json', 'print all figures as JSON, with prices and their sources');
}

/** The worker that the options describe, or the problem with them. */
export function workerOf({ instance, spot, onDemand, rate }: PlanOptions): Worker | string {
  if (instance !== 'lambda') return gpuWorker(instance, { spotShare: onDemand ? 0 : (spot ?? 100) / 100, rate });
  if (spot === undefined && !onDemand) return lambdaWorker(rate);
  return `${onDemand ? '--on-demand' : '--spot'} applies to GPU instances: give another --instance than lambda`;
}

function ingestBatch(text: string): number {
  const count = positiveInteger(text);
  if (count <= maxMessagesPerBatch) return count;
  throw new InvalidArgumentError(`Give at most ${maxMessagesPerBatch}, the limit of Lambda.`);
}

function positive(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('Give a number above 0.');
}

function percent(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) <= 100) return Number(text);
  throw new InvalidArgumentError('Give a percentage from 0 to 100.');
}
