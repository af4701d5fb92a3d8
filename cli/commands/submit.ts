import type { Command } from 'commander';
import type { Globs } from '../../jobs/submit/select-objects.ts';
import { submitObjects } from '../engine/submit-objects.ts';
import { printSubmission, type Submission } from '../terminal/print-submission.ts';
import { addStoreOptions, cropsOption, jobName, type StoreOptions } from './pipeline-options.ts';

export interface SubmitOptions extends StoreOptions, Partial<Globs> {
  /** Needed unless nothing is sent. */
  readonly queue?: string;
  readonly model: string;
  readonly crops?: string;
  readonly job?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addSubmitCommand(program: Command): void {
  addStoreOptions(program.command('submit'))
    .argument('<images>', 's3://bucket/prefix')
    .summary('have a deployment classify objects that are in a bucket already')
    .description(
      'Send every object below a prefix to the uploads queue of a deployment, as if it had just been uploaded, but for ' +
        'those that have a result of this model. What is sent is noted in the store first, so that "status --job" knows ' +
        'the total. Run again, it goes on: nothing is counted twice, whatever was sent twice.',
    )
    .option('--queue <url>', "the deployment's uploads queue; needless with --dry-run")
    .requiredOption(
      '--model <place>',
      "the deployment's model: a directory or s3://bucket/prefix, or its manifest.json",
    )
    .addOption(cropsOption())
    .option('--job <name>', 'name that the rows carry; by default that of the folder', jobName)
    .option('--include <glob>', 'only keys that match, below the prefix; may be given several times', gathered)
    .option('--exclude <glob>', 'no keys that match; may be given several times', gathered)
    .option('--dry-run', 'only count, and say what it would cost')
    .option('--json', 'print the outcome as JSON, and no progress')
    .addHelpText(
      'after',
      '\nExamples:\n  $ inception-batch submit s3://archive/photos/ --queue https://sqs.eu-central-1.amazonaws.com/…/uploads \\\n' +
        '      --store s3://results --model s3://models/googlenet@0123456789ab\n' +
        "  $ inception-batch submit s3://archive/photos/ --include '**/*.jpg' --exclude 'drafts/**' --dry-run \\\n" +
        '      --store s3://results --model .cache/googlenet\n' +
        '\nExit code: 0 all is sent, or was done before; 1 a fault, or an image was refused; 130 interrupted.\n',
    )
    .action(async (images: string, options: SubmitOptions, command: Command) => {
      if (options.queue === undefined && !options.dryRun) {
        command.error("error: required option '--queue <url>' not specified");
      }
      const submission = await submitObjects(images, options);
      if (options.json) console.log(JSON.stringify(submission));
      else printSubmission(submission);
      process.exitCode = exitCode(submission);
    });
}

function gathered(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function exitCode({ interrupted, refused }: Submission): number {
  if (interrupted) return 130;
  return refused === 0 ? 0 : 1;
}
