import type { Failure, FailureReason } from '../shared/failures/failure.ts';
import { runtimeReason } from '../shared/inference/accelerator/runtime-reason.ts';
import { NetworkError } from '../shared/inference/network-error.ts';

/** The fields of a failure that may be logged. */
export interface LoggableFailure {
  readonly reason: FailureReason;
  /** Of an unexpected error: its name and stack frames. */
  readonly stack?: readonly string[];
  /** The runtime's message. */
  readonly runtimeMessage?: string;
}

/**
 * The reason of a failure and, for an unexpected error, its stack. Messages are omitted: errors of S3 repeat object keys,
 * which are personal data. The runtime's messages contain none.
 */
export function loggableFailure(failure: Failure): LoggableFailure {
  const { reason, cause } = failure;
  if (reason !== 'internal') return { reason };
  const error = cause instanceof Error ? cause : failure;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const stack = [error.name, ...frames.map((line) => line.trim())];
  return error instanceof NetworkError ? { reason, stack, runtimeMessage: runtimeReason(error) } : { reason, stack };
}
