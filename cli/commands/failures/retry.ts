import type { Command } from 'commander';
import { type Retried, retryFailures } from '../../../jobs/retry/retry.ts';
import type { Results } from '../../../results/open/open-results.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { jobMarkerKey, underPrefix } from '../../../shared/stores/keys.ts';
import { openStore } from '../../engine/locations.ts';
import { interruption } from '../../terminal/interruption.ts';
import { printRetried } from '../../terminal/print-retried.ts';
import { retryProgress } from '../../terminal/retry-progress.ts';
import {
  addDeadLettersOption,
  addFailuresOptions,
  type FailuresOptions,
  queueOpener,
  queueUrl,
  withResults,
} from './options.ts';

interface RetryCommandOptions extends FailuresOptions {
  readonly queue?: string;
  readonly cropsQueue?: string;
  readonly deadLetters?: readonly string[];
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addRetryCommand(failures: Command): void {
  const command = addFailuresOptions(failures.command('retry'));
  addDeadLettersOption(command, 'URL of a dead-letter queue whose messages go back where they came from')
    .summary('send rejected images through the pipeline again')
    .description(
      'Send rejected images through the uploads queue again, as images of the same job: those whose reason may pass or, ' +
        'with --reason, those of that reason, whatever it is. Dead letters of the same reasons go back to their queues; ' +
        'each image is sent once. All others stay where they are.',
    )
    .option('--queue <url>', 'URL of the uploads queue', queueUrl)
    .option('--crops-queue <url>', 'URL of the crops queue; without it, crops are made anew of their images', queueUrl)
    .option('--dry-run', 'say what would be sent, and send nothing')
    .option('--json', 'print the outcome as JSON, and no progress')
    .addHelpText(
      'after',
      '\nExamples:\n  $ inception-batch failures retry --store s3://results/drop --queue $UPLOADS --dry-run\n' +
        '  $ inception-batch failures retry --store s3://results/drop --queue $UPLOADS --crops-queue $CROPS \\\n' +
        '      --reason timeout --dead-letters $UPLOADS_DEAD --dead-letters $CROPS_DEAD\n' +
        '\nUntil the new row of an image is there its old one counts: a job has as many rejected images as before, and ' +
        'its sums stay right.\n' +
        '\nExit code: 0 all that was chosen is sent; 1 something is not, and stays where it was; 130 interrupted, what ' +
        'was not sent stays, dead letters are visible again.\n',
    )
    .action(async (options: RetryCommandOptions) => {
      const queue = uploadsOf(options);
      const done = await withResults(options, (results) => retry(options, queue, results));
      printRetried(done, options);
      if (done.interrupted) process.exitCode = 130;
      else if (done.refused > 0 || done.left > 0 || done.more) process.exitCode = 1;
    });
}

async function retry(options: RetryCommandOptions, uploadsQueue: string, results: Results): Promise<Retried> {
  const { cropsQueue, deadLetters: urls = [], job, reason: named, dryRun = false } = options;
  const { open, openDeadLetters } = queueOpener(options);
  const { bucket, prefix, objects } = openStore(options.store, options);
  const { stop, release } = interruption();
  const progress = options.json ? undefined : retryProgress();
  try {
    const ports = {
      results,
      uploads: await open(uploadsQueue),
      crops: cropsQueue === undefined ? undefined : await open(cropsQueue),
      deadLetters: await Promise.all(urls.map(openDeadLetters)),
      reopen: (name: string) => objects.remove({ bucket, key: underPrefix(prefix, jobMarkerKey(name)) }),
    };
    const onProgress = progress?.show ?? (() => {});
    return await retryFailures(ports, { choice: { job, named }, dryRun, stop, onProgress });
  } finally {
    progress?.stop();
    release();
  }
}

/** @throws {UserError} where there is no queue, or one that is read from too */
function uploadsOf({ store, queue, cropsQueue, deadLetters = [] }: RetryCommandOptions): string {
  if (queue === undefined) {
    const isFolder = !/^s3:/i.test(store);
    throw new UserError(
      isFolder
        ? `expected --queue <url>, the uploads queue of a deployment: on one machine "inception-batch run" tries the images of ${store} again`
        : 'expected --queue <url>, the uploads queue of the deployment',
    );
  }
  const both = deadLetters.find((url) => url === queue || url === cropsQueue);
  if (both === undefined) return queue;
  throw new UserError(`expected a dead-letter queue and another one to send to, got ${both} for both`);
}
