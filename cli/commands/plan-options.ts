import { type Command, InvalidArgumentError, Option } from 'commander';
import { minFunctions } from '../../plan/deadline.ts';
import { optionNames } from '../../plan/options.ts';
import { transports } from '../../shared/crops/transport.ts';
import { defaultMessageDays, maxWorkersLimit } from '../../shared/deployment/defaults.ts';
import { gpuInstances } from '../../shared/deployment/priced-instances.ts';
import { cropsPerImage } from '../../shared/models/crop-rule.ts';
import { maxRegions } from '../../shared/models/regions-rule.ts';
import type { PlanRequest } from '../engine/plan/plan.ts';
import { byteSize } from './byte-size.ts';
import { integerTo, modelOption, positiveInteger } from './pipeline-options.ts';

export interface PlanOptions extends Omit<PlanRequest, 'spotShare'> {
  /** 0 to 100. */
  readonly spot?: number;
  readonly onDemand?: boolean;
  readonly json?: boolean;
}

/** Limit of SQS. */
const maxMessageDays = 14;

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
        '--message-days <n>',
        `days that messages with crops are kept in the queue, 1 to ${maxMessageDays}; packed crops are stored longer ` +
          `(default: ${defaultMessageDays})`,
      ).argParser(integerTo(maxMessageDays)),
    )
    .addOption(
      new Option('--deadline <time>', 'time until the last row, such as 90m, 2h or 1d12h (default: none)').argParser(
        deadline,
      ),
    )
    .addOption(
      new Option(
        '--workers <n>',
        `workers at the same time, 1 to ${maxWorkersLimit} (default: those of a deployment, or the fewest that meet the deadline)`,
      )
        .argParser(integerTo(maxWorkersLimit))
        .conflicts('deadline'),
    )
    .addOption(
      new Option('--instance <type>', 'explain this option; lambda for CPU functions (default: the cheapest)').choices(
        optionNames,
      ),
    )
    .addOption(new Option('--spot <percent>', 'percentage of Spot hours (default: 100)').argParser(percent))
    .addOption(new Option('--on-demand', 'use on-demand instances only').conflicts('spot'))
    .addOption(modelOption())
    .addOption(
      new Option('--rate <n>', 'crops per second of a CPU core (default: measured on this machine)').argParser(
        positive,
      ),
    )
    .addOption(
      new Option('--gpu-rate <n>', 'crops per second of a GPU (default: a published figure for googlenet)').argParser(
        positive,
      ),
    )
    .option('--json', 'print all figures as JSON, with prices and their sources');
}

/** The problem of options that do not fit together; undefined if there is none. */
export function optionsProblem({ instance, workers, spot, onDemand, rate, gpuRate }: PlanOptions): string | undefined {
  const isGpu = gpuInstances.some((type) => type === instance);
  if (instance === 'lambda' && (spot !== undefined || onDemand)) {
    return `${onDemand ? '--on-demand' : '--spot'} applies to instances: give another --instance than lambda`;
  }
  if (instance === 'lambda' && workers !== undefined && workers < minFunctions) {
    return `--workers ${workers} is too few for CPU functions: Lambda runs at least ${minFunctions} for a queue`;
  }
  if (isGpu && rate !== undefined && gpuRate === undefined) {
    return `--rate is the speed of a CPU core: give --gpu-rate with --instance ${instance}`;
  }
  return undefined;
}

/** The share of Spot hours, 0 to 1. */
export function spotShareOf({ spot, onDemand }: PlanOptions): number {
  return onDemand ? 0 : (spot ?? 100) / 100;
}

const unitHours = { d: 24, h: 1, m: 1 / 60, s: 1 / 3600 };

/** Hours. */
function deadline(text: string): number {
  const [, ...counts] = /^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/.exec(text) ?? [];
  const units = Object.values(unitHours);
  const hours = counts.reduce((sum, count, index) => sum + Number(count ?? 0) * (units[index] ?? 0), 0);
  if (hours > 0) return hours;
  throw new InvalidArgumentError('Give a time above 0 such as 90m, 2h, 2h30m or 1d12h.');
}

function positive(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('Give a number above 0.');
}

function percent(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) <= 100) return Number(text);
  throw new InvalidArgumentError('Give a percentage from 0 to 100.');
}
