import type { Failure, FailureReason } from '../shared/failures/failure.ts';
import { runtimeReason } from '../shared/inference/accelerator/runtime-reason.ts';
import { NetworkError } from '../shared/inference/network-error.ts';

/** The fields of a failure that may be logged. */
export interface LoggableFailure {
  readonly reason: FailureReason;
  /** The action that AWS refused, such as `kms:Decrypt`. */
  readonly action?: string;
  /** Of an unexpected error: its name and stack frames. */
  readonly stack?: readonly string[];
  /** The runtime's message. */
  readonly runtimeMessage?: string;
}

/** AWS names the action that its policies refuse; the ARN after it may be that of an object. */
const refused = /not authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)/;

/**
 * The reason of a failure, the action that AWS refused and, for an unexpected error, its stack. Messages are omitted: errors
 * of S3 repeat object keys, which are personal data. The runtime's messages contain none.
 */
export function loggableFailure(failure: Failure): LoggableFailure {
  const { reason, cause } = failure;
  const action = refused.exec(failure.message)?.[1];
  if (action !== undefined) return { reason, action };
  if (reason !== 'internal') return { reason };
  const error = cause instanceof Error ? cause : failure;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const stack = [error.name, ...frames.map((line) => line.trim())];
  return error instanceof NetworkError ? { reason, stack, runtimeMessage: runtimeReason(error) } : { reason, stack };
}
