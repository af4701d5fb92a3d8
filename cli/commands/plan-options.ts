import { type Command, InvalidArgumentError, Option } from 'commander';
import { gpuWorker, lambdaWorker, type Worker } from '../../jobs/cost/workload.ts';
import { type Transport, transports } from '../../shared/crops/transport.ts';
import { messagesPerBatch } from '../../shared/deployment/defaults.ts';
import { type GpuInstance, gpuInstances } from '../../shared/deployment/prices.ts';
import { cropsPerImage } from '../../shared/models/model-manifest.ts';
import { byteSize } from './byte-size.ts';
import { positiveInteger, type StoreOptions } from './pipeline-options.ts';

export interface PlanOptions extends StoreOptions {
  readonly count?: number;
  readonly size?: number;
  readonly megapixels?: number;
  readonly crops: string;
  readonly transport: Transport;
  readonly ingestBatch: number;
  readonly workers?: number;
  readonly instance: GpuInstance | 'lambda';
  /** 0 to 100. */
  readonly spot?: number;
  readonly onDemand?: boolean;
  readonly rate?: number;
  readonly json?: boolean;
}

/** Most messages that Lambda takes from a queue at once. */
const mostInBatch = 10_000;

export function addPlanOptions(command: Command): Command {
  return command
    .addOption(new Option('--count <n>', 'so many images, instead of those of a place').argParser(positiveInteger))
    .addOption(
      new Option('--size <bytes>', 'of an image, such as 110KB or 2.5MB; 110KB by default').argParser(byteSize),
    )
    .addOption(
      new Option('--megapixels <n>', 'of an image; by default what a JPEG of its size usually has').argParser(positive),
    )
    .addOption(
      new Option('--crops <n>', 'crops of each image').choices(Object.values(cropsPerImage).map(String)).default('1'),
    )
    .addOption(
      new Option('--transport <how>', 'how crops go from ingest to classify').choices(transports).default('auto'),
    )
    .option('--ingest-batch <n>', 'uploads that the ingest function is handed at once', ingestBatch, messagesPerBatch)
    .addOption(
      new Option(
        '--workers <n>',
        'workers at the same time; by default as many as a deployment starts, one for 100,000 images and four at most',
      ).argParser(positiveInteger),
    )
    .addOption(
      new Option('--instance <type>', 'what they run on; lambda for CPU functions')
        .choices([...gpuInstances, 'lambda'])
        .default('g6.xlarge'),
    )
    .addOption(new Option('--spot <percent>', 'of their hours on Spot; 100 by default').argParser(percent))
    .addOption(new Option('--on-demand', 'all of their hours on demand').conflicts('spot'))
    .addOption(
      new Option('--rate <n>', 'crops that a worker classifies in a second; by default what is assumed').argParser(
        positive,
      ),
    )
    .option('--json', 'print all numbers as JSON, with the prices and their sources');
}

/** The worker that was asked for, or what is wrong with how. */
export function workerOf({ instance, spot, onDemand, rate }: PlanOptions): Worker | string {
  if (instance !== 'lambda') return gpuWorker(instance, { spotShare: onDemand ? 0 : (spot ?? 100) / 100, rate });
  if (spot === undefined && !onDemand) return lambdaWorker(rate);
  return `${onDemand ? '--on-demand' : '--spot'} is about instances with a GPU: expected another --instance, got lambda`;
}

function ingestBatch(text: string): number {
  const count = positiveInteger(text);
  if (count <= mostInBatch) return count;
  throw new InvalidArgumentError(`Expected at most ${mostInBatch}, which is all that Lambda takes.`);
}

function positive(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('Expected a number above 0.');
}

function percent(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) <= 100) return Number(text);
  throw new InvalidArgumentError('Expected a percentage, 0 to 100.');
}
