import { Failure } from '../../failures/failure.ts';

/** Why decoding was stopped: the reason of the signal if it is a Failure, or else `timeout`. */
export function abortFailure(reason: unknown): Failure {
  if (reason instanceof Failure) return reason;
  return new Failure('timeout', 'decoding was stopped before it ended', { cause: reason });
}
