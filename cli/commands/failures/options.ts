import { type Command, InvalidArgumentError } from 'commander';
import type { Results } from '../../../results/open/open-results.ts';
import { checkJob } from '../../../results/questions/stored-jobs.ts';
import { type FailureReason, failureReasons, isFailureReason } from '../../../shared/failures/failure.ts';
import { didYouMean } from '../../../shared/failures/suggest.ts';
import { type OpenedLocation, resultsSource, type StoreOptions } from '../../engine/locations.ts';
import { withResults } from '../../engine/with-results.ts';
import { addStoreOptions } from '../pipeline-options.ts';
import { queueUrls } from '../queue-url.ts';

/** Options of every command about failures. */
export interface FailuresOptions extends StoreOptions {
  readonly job?: string;
  readonly reason?: readonly FailureReason[];
}

/** Of the commands that print rows. */
export interface ListOptions extends FailuresOptions {
  readonly model?: string;
}

/** The columns that rejected images have. */
export const failureColumns = [
  ...['image_id', 'bucket', 'key', 'version', 'etag', 'job', 'reason', 'detail', 'model', 'preprocess', 'bytes'],
  ...['sequencer', 'event_time', 'ingested_at'],
];

export function addFailuresOptions(command: Command): Command {
  return addStoreOptions(command)
    .option('--job <name>', 'only images of this job')
    .option('--reason <reason>', 'only images rejected for this reason; can be repeated', collectReason);
}

export function addModelOption(command: Command): Command {
  return command.option('--model <model>', 'only images rejected by this model: its name, or the start of its id');
}

export function addDeadLettersOption(command: Command, about: string): Command {
  return command.option('--dead-letters <url>', `${about}; can be repeated`, queueUrls);
}

function collectReason(text: string, before: readonly FailureReason[] = []): readonly FailureReason[] {
  if (isFailureReason(text)) return [...before, text];
  const reasons = Object.keys(failureReasons);
  throw new InvalidArgumentError(`Allowed reasons are ${reasons.join(', ')}${didYouMean(text, reasons)}.`);
}

/**
 * Opens the results of a store, without embeddings, for some work.
 * @throws {UserError} if there are none, or the job is unknown
 */
export function withStoredRows<T>(
  options: FailuresOptions,
  work: (results: Results, store: OpenedLocation) => Promise<T>,
): Promise<T> {
  return withResults(
    options,
    async (results, store) => {
      await checkJob(results, { source: resultsSource(store), name: options.store }, options.job);
      return work(results, store);
    },
    { embeddings: false },
  );
}
