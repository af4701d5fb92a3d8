import type { Command } from 'commander';
import { type Retried, retryFailures } from '../../../jobs/retry/retry.ts';
import { jobMarkerKey, underPrefix } from '../../../shared/stores/keys.ts';
import { runInto } from '../../engine/missing-results.ts';
import { openDeadLetters, openTextQueue } from '../../engine/open-queues.ts';
import { UsageError } from '../../engine/usage-error.ts';
import { interruptible } from '../../terminal/interruption.ts';
import { printRetried } from '../../terminal/print-retried.ts';
import { retryProgress } from '../../terminal/retry-progress.ts';
import { helpText } from '../help-text.ts';
import { queueUrl } from '../queue-url.ts';
import { addDeadLettersOption, addFailuresOptions, type FailuresOptions, withStoredRows } from './options.ts';

interface RetryCommandOptions extends FailuresOptions {
  readonly queue?: string;
  readonly cropsQueue?: string;
  readonly deadLetters?: readonly string[];
  readonly deleteFinished?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addRetryCommand(failures: Command): void {
  const command = addFailuresOptions(failures.command('retry'));
  addDeadLettersOption(command, 'URL of a dead-letter queue whose messages are sent back to their queue')
    .summary('send rejected images through the pipeline again')
    .description(
      'Send rejected images to the uploads queue again, as images of the same job: those with a retryable reason, or ' +
        'those with the reason given by --reason. Dead letters of the same reasons are sent back to their queues. ' +
        'Each image is sent once; other dead letters are kept.',
    )
    .option('--queue <url>', 'URL of the uploads queue', queueUrl)
    .option(
      '--crops-queue <url>',
      'URL of the crops queue; without it, the images of dead crops are cropped again',
      queueUrl,
    )
    .option('--delete-finished', 'also delete dead letters whose images were classified in the meantime')
    .option('--dry-run', 'print what would be sent, and send nothing')
    .option('--json', 'print the result as JSON, without progress')
    .addHelpText(
      'after',
      helpText({
        examples: [
          'failures retry --store s3://results/drop \\\n--queue "$UPLOADS" --dry-run',
          'failures retry --store s3://results/drop \\\n--queue "$UPLOADS" --crops-queue "$CROPS" --reason timeout \\\n--dead-letters "$UPLOADS_DEAD" --dead-letters "$CROPS_DEAD"',
        ],
        note: 'The old row of an image counts until its new row is stored, so the counts of a\njob stay consistent.',
        exitCodes: {
          0: 'all chosen images are sent',
          1: 'an error, an unknown job, or unsent images, which stay rejected',
          130: 'interrupted: unsent images stay rejected, dead letters are visible again',
        },
      }),
    )
    .action(async (options: RetryCommandOptions) => {
      const done = await retry(options);
      printRetried(done, options);
      if (done.interrupted) process.exitCode = 130;
      else if (done.refused > 0 || done.left > 0 || done.more) process.exitCode = 1;
    });
}

async function retry(options: RetryCommandOptions): Promise<Retried> {
  const { cropsQueue, deadLetters: urls = [], job, reason: named, dryRun = false, deleteFinished = false } = options;
  return withStoredRows(options, async (results, { bucket, prefix, objects }) => {
    // After the store, whose name may be mistyped.
    const uploads = uploadsQueue(options);
    return interruptible(async (stop) => {
      const ports = {
        results,
        uploads: await openTextQueue(uploads, options),
        crops: cropsQueue === undefined ? undefined : await openTextQueue(cropsQueue, options),
        deadLetters: await Promise.all(urls.map((url) => openDeadLetters(url, options))),
        reopen: (name: string) => objects.remove({ bucket, key: underPrefix(prefix, jobMarkerKey(name)) }),
      };
      const progress = options.json ? undefined : retryProgress();
      const onProgress = progress?.show ?? (() => {});
      return retryFailures(ports, { choice: { job, named }, dryRun, deleteFinished, stop, onProgress }).finally(() =>
        progress?.stop(),
      );
    });
  });
}

/** @throws {UserError} if there is no queue, or a dead-letter queue is given for it */
function uploadsQueue({ store, queue, cropsQueue, deadLetters = [] }: RetryCommandOptions): string {
  if (queue === undefined) {
    const isFolder = !/^s3:/i.test(store);
    throw new UsageError(
      `give --queue <url>, the uploads queue of the deployment${
        isFolder
          ? `; on one machine, "${runInto({ store })}" retries the images of ./photos, with the options they were run with, such as --regions`
          : ''
      }`,
    );
  }
  const both = deadLetters.find((url) => url === queue || url === cropsQueue);
  if (both === undefined) return queue;
  throw new UsageError(`${both} is given as a dead-letter queue and as a queue to send to: give two different queues`);
}
