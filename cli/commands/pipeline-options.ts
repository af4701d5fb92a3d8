import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { accelerators } from '../../shared/inference/accelerator/provider.ts';
import { jobNameProblem } from '../../shared/jobs/job-name.ts';
import { type CropRule, cropRuleForCount, cropsPerImage } from '../../shared/models/crop-rule.ts';
import { maxRegions } from '../../shared/models/regions-rule.ts';
import { defaultAnswerTimeout } from '../engine/command-watch.ts';
import { maxCropsPerBatch, maxThreads } from '../engine/compute-limits.ts';
import { defaultStore } from '../engine/locations.ts';

/** Adds the options of every command that runs the pipeline, see `PipelineOptions`. */
export function addPipelineOptions(command: Command): Command {
  return addStoreOptions(command)
    .addOption(modelOption())
    .addOption(cropsOption())
    .addOption(regionsOption())
    .option('--threads <n>', 'CPU cores to use', threadCount, availableParallelism())
    .option(
      '--batch <n>',
      'maximum crops per batch (default: 4 on the CPU, 8 on other devices)',
      integerTo(maxCropsPerBatch),
    )
    .addOption(acceleratorOption())
    .option('--json', 'print the result as JSON, without progress');
}

/** The job of a run or a submission, see `openJob`. */
export function jobOption(): Option {
  const about =
    'job name stored in every row (default: the name of the folder or prefix, with a number if another one has it)';
  return new Option('--job <name>', about).argParser(jobName);
}

/** Nothing is the default, so that INCEPTION_MODEL can override it. */
export function modelOption(): Option {
  return new Option('--model <name>', 'a name of "model list", or a model directory (default: googlenet)');
}

export function cropsOption(): Option {
  const counts = Object.values(cropsPerImage).map(String);
  const about = 'crops per image, whose scores are averaged (default: from the model)';
  return new Option('--crops <n>', about).choices(counts).argParser((text): CropRule => {
    const rule = cropRuleForCount(Number(text));
    if (rule !== undefined) return rule;
    throw new InvalidArgumentError(`Allowed choices are ${counts.join(', ')}.`);
  });
}

export function regionsOption(): Option {
  const about = 'also classify this many regions of each image, the most promising ones, 1 to 1000 (default: none)';
  return new Option('--regions <n>', about).argParser(integerTo(maxRegions));
}

/** The CPU by default: other devices take long to start and give slightly different digits. */
export function acceleratorOption(): Option {
  return new Option(
    '--accelerator <name>',
    'device to run on; auto picks the first available one that passes the self-check',
  )
    .choices(accelerators)
    .default('cpu');
}

/** Adds the options of every command that reads or writes results, see `StoreOptions`. */
export function addStoreOptions(command: Command): Command {
  return addAwsOptions(
    command.option('--store <location>', 'where results are kept: a folder or s3://bucket/prefix', defaultStore),
  );
}

/** Adds the options to reach S3 and SQS, see `AwsOptions`. */
export function addAwsOptions(command: Command): Command {
  return command
    .option('--endpoint <url>', 'an S3- and SQS-compatible service instead of AWS', (text) => {
      if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
      return command.error(`error: --endpoint needs a URL such as http://localhost:4566, but received ${text}`);
    })
    .option('--region <name>', 'AWS region (default: from the environment)', (text) => {
      // What the SDK accepts: a part of a host name. Other services have regions of their own names.
      if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(text)) return text;
      return command.error(`error: --region needs a region such as eu-west-1, but received ${text}`);
    })
    .option(
      '--answer-timeout <seconds>',
      'wait this long for S3 or SQS to answer a request, then end with an error',
      answerTimeout,
      defaultAnswerTimeout,
    );
}

/** Shorter than the attempts of one request would end a run during an ordinary fault. */
function answerTimeout(text: string): number {
  const seconds = positiveInteger(text);
  if (seconds >= 30 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError('Give 30 to 86400 seconds.');
}

export function positiveInteger(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  const form = /^[1-9]\d*$/.test(text) ? 'at most 15 digits' : 'at least 1';
  throw new InvalidArgumentError(`Give a whole number of ${form}.`);
}

/** For numbers that take memory. */
export function integerTo(max: number): (text: string) => number {
  return (text) => {
    if (/^[1-9]\d{0,14}$/.test(text) && Number(text) <= max) return Number(text);
    throw new InvalidArgumentError(`Give a whole number from 1 to ${max}.`);
  };
}

export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number.');
}

export function probability(text: string): number {
  const number = Number(text);
  if (/^[\d.]+$/.test(text) && number >= 0 && number <= 1) return number;
  throw new InvalidArgumentError('Give a number from 0 to 1 such as 0.9.');
}

export function jobName(text: string): string {
  const problem = jobNameProblem(text);
  if (problem === undefined) return text;
  throw new InvalidArgumentError(`The job name ${problem}.`);
}

export function threadCount(text: string): number {
  const count = positiveInteger(text);
  if (count <= maxThreads) return count;
  const cores = availableParallelism();
  throw new InvalidArgumentError(`Give at most ${maxThreads}: four for each of the ${cores} cores of this machine.`);
}
