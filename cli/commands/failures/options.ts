import { type Command, InvalidArgumentError } from 'commander';
import { DeadLetterQueue } from '../../../jobs/retry/dead-letter-queue.ts';
import { openResults, type Results } from '../../../results/open/open-results.ts';
import { type FailureReason, failureReasons, isFailureReason } from '../../../shared/failures/failure.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { awsClients } from '../../../shared/stores/aws/clients.ts';
import { SqsQueue } from '../../../shared/stores/aws/sqs-queue.ts';
import { textCodec } from '../../../shared/stores/codec.ts';
import { type AwsOptions, openStore, resultsSource } from '../../engine/locations.ts';
import { addStoreOptions, type StoreOptions } from '../pipeline-options.ts';

/** Options of every command about failures. */
export interface FailuresOptions extends StoreOptions {
  readonly job?: string;
  readonly reason?: readonly FailureReason[];
}

/** The columns of a rejected image that say something. */
export const failureColumns = [
  ...['image_id', 'bucket', 'key', 'version', 'etag', 'job', 'reason', 'detail', 'model', 'preprocess', 'bytes'],
  ...['sequencer', 'event_time', 'ingested_at'],
];

export function addFailuresOptions(command: Command): Command {
  return addStoreOptions(command)
    .option('--job <name>', 'the images of this job alone')
    .option('--reason <reason>', 'those of this reason alone; may be given several times', collectReason);
}

export function addDeadLettersOption(command: Command, what: string): Command {
  return command.option('--dead-letters <url>', `${what}; may be given several times`, collectUrl);
}

export function queueUrl(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  throw new InvalidArgumentError(
    'Expected the URL of a queue, such as https://sqs.eu-west-1.amazonaws.com/123456789012/uploads.',
  );
}

function collectUrl(text: string, before: readonly string[] = []): readonly string[] {
  return [...new Set([...before, queueUrl(text)])];
}

function collectReason(text: string, before: readonly FailureReason[] = []): readonly FailureReason[] {
  if (isFailureReason(text)) return [...before, text];
  throw new InvalidArgumentError(`Expected one of ${Object.keys(failureReasons).join(', ')}.`);
}

/** Hands the results of a store, without embeddings, to some work. @throws {UserError} where there are none */
export async function withResults<T>(options: StoreOptions, work: (results: Results) => Promise<T>): Promise<T> {
  const results = await openResults(resultsSource(openStore(options.store, options)), { embeddings: false });
  try {
    if (results.partCount === 0)
      throw new UserError(`no results in ${options.store}: "inception-batch run" makes them`);
    return await work(results);
  } finally {
    await results.close();
  }
}

/** Opens queues of texts. @throws {UserError} when there is none, or it is one that is worked on */
export function queueOpener(aws: AwsOptions) {
  const { sqs } = awsClients(aws);
  const open = (url: string) => SqsQueue.open(sqs, url, textCodec);
  return {
    open,
    /** To look into a queue counts as a delivery: one that has a limit would be emptied by that. */
    async openDeadLetters(url: string): Promise<DeadLetterQueue> {
      const queue = await open(url);
      if (!Number.isFinite(queue.maxAttempts)) return new DeadLetterQueue(url, queue);
      throw new UserError(`expected a dead-letter queue, got ${url}, which has a redrive policy of its own`);
    },
  };
}
