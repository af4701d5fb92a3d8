import { AsyncLocalStorage } from 'node:async_hooks';
import type { AnswerWatch, AnswerWatchOptions } from '../../shared/stores/aws/answer-watch.ts';
import type { AwsTarget } from '../../shared/stores/aws/clients.ts';
import { defaultIdleMs } from '../../shared/stores/aws/idle-time.ts';

export interface AwsOptions {
  /** Address of an S3- and SQS-compatible service instead of AWS. */
  readonly endpoint?: string;
  readonly region?: string;
  /** Seconds after which a command ends because S3 or SQS has not answered. @default 300 */
  readonly answerTimeout?: number;
}

/** Seconds after which a command ends because S3 or SQS has not answered. */
export const defaultAnswerTimeout = 300;

/** When a request counts as unanswered, and when the command prints that the service does not answer. */
export const answerTimes = { idleMs: defaultIdleMs, reportAfterMs: 20_000 };

/** Times and reports of a watch. */
export type WatchHooks = Omit<AnswerWatchOptions, 'giveUpAfterMs'> & Pick<AwsTarget, 'idleMs' | 'onMadeUpCredentials'>;

/** The watch of the command that runs; commands in one process do not share it. */
export const currentWatch = new AsyncLocalStorage<CommandWatch>();

export interface CommandWatch {
  readonly hooks: WatchHooks;
  /** Opened with the first clients. */
  watch?: AnswerWatch;
  isStopped?: boolean;
  reportedMadeUpCredentials?: boolean;
}

/** Runs a command whose requests to S3 and SQS are watched. */
export function withAnswerWatch<T>(hooks: WatchHooks, command: () => Promise<T>): Promise<T> {
  return currentWatch.run({ hooks }, command);
}

/** When a user stops the command, it no longer waits for a service that does not answer, see `AnswerWatch.stopHolding`. */
export function stopHoldingOn(stop: AbortSignal): void {
  const command = currentWatch.getStore();
  if (command === undefined) return;
  stop.addEventListener('abort', () => {
    command.isStopped = true;
    command.watch?.stopHolding();
  });
}

/** The watch of the current command; undefined if it sends no requests. */
export function answerWatch(): AnswerWatch | undefined {
  return currentWatch.getStore()?.watch;
}
