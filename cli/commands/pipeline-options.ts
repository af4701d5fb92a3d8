import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Accelerator, accelerators } from '../../shared/inference/accelerator/provider.ts';
import { jobNameProblem } from '../../shared/jobs/job-name.ts';
import { cropsPerImage } from '../../shared/models/model-manifest.ts';

/** Options of every command that reads or writes results. */
export interface StoreOptions {
  readonly store: string;
  readonly endpoint?: string;
  readonly region?: string;
}

/** Options of every command that computes. */
export interface PipelineOptions extends StoreOptions {
  readonly model: string;
  readonly job?: string;
  /** Crops of each image; those that the model's manifest says where it is left out. */
  readonly crops?: string;
  readonly threads: number;
  readonly batch: number;
  readonly accelerator: Accelerator;
  readonly json?: boolean;
}

export function addPipelineOptions(command: Command): Command {
  return addStoreOptions(command)
    .requiredOption('--model <dir>', 'model directory, as "model import" makes it')
    .option('--job <name>', 'name that the rows of this run carry; by default that of the folder', jobName)
    .addOption(cropsOption())
    .option('--threads <n>', 'cores to use', threadCount, availableParallelism())
    .option('--batch <n>', 'crops in a batch at most', positiveInteger, 8)
    .addOption(acceleratorOption())
    .option('--json', 'print the outcome as JSON, and no progress');
}

export function cropsOption(): Option {
  const about = "crops of each image whose answers are averaged; the model's own by default";
  return new Option('--crops <n>', about).choices(Object.values(cropsPerImage).map(String));
}

/** The CPU unless something else is asked for: nobody should wait for shaders, or get other digits, unasked. */
export function acceleratorOption(): Option {
  return new Option('--accelerator <name>', 'what to compute on; auto takes the first that is there and sound')
    .choices(accelerators)
    .default('cpu');
}

export function addStoreOptions(command: Command): Command {
  return addAwsOptions(
    command.option('--store <place>', 'where results are kept: a folder or s3://bucket/prefix', 'inception-store'),
  );
}

/** How to reach places in S3 and SQS. */
export function addAwsOptions(command: Command): Command {
  return command
    .option('--endpoint <url>', 'an S3- and SQS-compatible service instead of AWS', (text) => {
      if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
      return command.error(`error: expected a URL such as http://localhost:4566 for --endpoint, got ${text}`);
    })
    .option('--region <name>', 'AWS region; by default that of the environment');
}

export function positiveInteger(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number of at least 1.');
}

export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number.');
}

export function jobName(text: string): string {
  const problem = jobNameProblem(text);
  if (problem === undefined) return text;
  throw new InvalidArgumentError(`The job name ${problem}.`);
}

/** A few threads more than cores do no harm; a runtime for each of hundreds would. */
export function threadCount(text: string): number {
  const cores = availableParallelism();
  const count = positiveInteger(text);
  if (count <= 4 * cores) return count;
  throw new InvalidArgumentError(`Expected at most ${4 * cores}, four for each of the ${cores} cores here.`);
}
