import type { Command } from 'commander';
import { type Submission, type SubmitOptions, submit } from '../engine/submit.ts';
import { printSubmission } from '../terminal/print-submission.ts';
import { submitProgress } from '../terminal/submit-progress.ts';
import { withDisplay } from '../terminal/with-display.ts';
import { helpText } from './help-text.ts';
import { addStoreOptions, cropsOption, jobOption, regionsOption } from './pipeline-options.ts';
import { queueUrl } from './queue-url.ts';

export function addSubmitCommand(program: Command): void {
  addStoreOptions(program.command('submit'))
    .argument('<images>', 's3://bucket/prefix')
    .summary('classify objects that are already in a bucket, through a deployment')
    .description(
      'Send every object below a prefix to the uploads queue of a deployment, except those that already have a ' +
        'result of this model. The store records the images before they are sent, so "status --job" knows the total. ' +
        'Run the same command again to continue: an image that is sent twice is counted once.',
    )
    .option('--queue <url>', 'uploads queue of the deployment; not needed with --dry-run', queueUrl)
    .requiredOption(
      '--model <location>',
      'model of the deployment: a name, a directory or s3://bucket/prefix, or its manifest.json',
    )
    .addOption(cropsOption())
    .addOption(regionsOption())
    .addOption(jobOption())
    .option('--include <glob>', 'only keys that match, below the prefix; can be repeated', collect)
    .option('--exclude <glob>', 'skip keys that match; can be repeated', collect)
    .option('--dry-run', 'only count, and estimate the cost')
    .option('--json', 'print the result as JSON, without progress')
    .addHelpText(
      'after',
      helpText({
        examples: [
          'submit s3://archive/photos/ --store s3://results \\\n--model s3://models/googlenet@0123456789ab --queue "$UPLOADS"',
          "submit s3://archive/photos/ --store s3://results \\\n--include '**/*.jpg' --exclude 'drafts/**' --model googlenet --dry-run",
        ],
        exitCodes: { 0: 'all images are sent or were done before', 1: 'an error, or the queue refused an image' },
      }),
    )
    .action(async (images: string, options: SubmitOptions & { readonly json?: boolean }, command: Command) => {
      if (options.queue === undefined && !options.dryRun) {
        command.error("error: required option '--queue <url>' not specified");
      }
      const submission = await withDisplay(options.json === true, submitProgress, (hooks) =>
        submit(images, options, hooks),
      );
      if (options.json) console.log(JSON.stringify(submission));
      else printSubmission(submission, options);
      process.exitCode = exitCode(submission);
    });
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function exitCode({ interrupted, refused }: Submission): number {
  if (interrupted) return 130;
  return refused === 0 ? 0 : 1;
}
