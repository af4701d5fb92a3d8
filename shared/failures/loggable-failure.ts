import { runtimeReason } from '../inference/accelerator/runtime-reason.ts';
import { NetworkError } from '../inference/network-error.ts';
import type { Failure, FailureReason } from './failure.ts';

/** What a log may say of a failure. */
export interface LoggableFailure {
  readonly reason: FailureReason;
  /** Of a fault that nobody foresaw: the error's name, and where it happened. */
  readonly stack?: readonly string[];
  /** What the runtime said. */
  readonly said?: string;
}

/**
 * A fault that nobody foresaw with where it happened, though not with its text: errors of S3 repeat keys of objects,
 * which are people's data. Of anything else the reason alone.
 */
export function loggableFailure(failure: Failure): LoggableFailure {
  const { reason, cause } = failure;
  if (reason !== 'internal') return { reason };
  const error = cause instanceof Error ? cause : failure;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const stack = [error.name, ...frames.map((line) => line.trim())];
  return error instanceof NetworkError ? { reason, stack, said: runtimeReason(error) } : { reason, stack };
}
