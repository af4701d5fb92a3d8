import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { Failure, type FailureReason } from '../../failures/failure.ts';
import { reasonOfAwsError, remedyOf } from './aws-error-reasons.ts';

const errorSchema = z.object({
  name: z.string(),
  message: z.string(),
  /** Of a network error, for example `ECONNREFUSED`. */
  code: z.string().optional().catch(undefined),
  $metadata: z.object({ httpStatusCode: z.int().optional() }).optional().catch(undefined),
});

/**
 * An error of an SDK client as a Failure.
 * @param rejected the reason of a rejection without a reason of its own, see `reasonOfAwsError`
 */
export function awsFailure(error: unknown, rejected?: FailureReason): Failure {
  if (error instanceof Failure) return error;
  const parsed = errorSchema.safeParse(error);
  if (!parsed.success) return Failure.from(error);
  const { name, message, code, $metadata } = parsed.data;
  const reason =
    reasonOfAwsError(name, $metadata?.httpStatusCode, rejected) ??
    (code === undefined ? 'internal' : (reasonOfAwsError(code, undefined) ?? 'unavailable'));
  const remedy = reason === 'unreadable' ? remedyOf(name, message) : undefined;
  const detail = `${code ?? name}: ${message.replaceAll(/\s*\n\s*/g, ' ')}`;
  return new Failure(reason, remedy === undefined ? detail : `${detail}; ${remedy}`, { cause: error });
}

/**
 * The same failure with a message for the user who named a bucket or queue: what failed, where, and why.
 * @param what for example `the bucket drop cannot be listed`
 * @param endpoint of the service; undefined for AWS
 */
export function describeFailure(endpoint: string | undefined, what: string, failure: Failure): Failure {
  const { reason, message, cause } = failure;
  const network = errorSchema.safeParse(cause).data?.code;
  const service = endpoint ?? 'AWS';
  // Without a cause, the message says itself which service has not answered, see `AnswerWatch`.
  if (reason === 'timeout') {
    return new Failure(reason, `${what}: ${cause === undefined ? message : `${service} does not answer`}`, { cause });
  }
  if (reason === 'unavailable' && network !== undefined) {
    return new Failure(reason, `${what}: ${service} cannot be reached (${network})`, { cause });
  }
  return new Failure(reason, `${what}${endpoint === undefined ? '' : ` at ${endpoint}`}: ${message}`, { cause });
}

/** The failure of an entry of a batch. */
export function entryFailure({ Code = 'unknown', Message = '', SenderFault }: BatchResultErrorEntry): Failure {
  const reason = reasonOfAwsError(Code, undefined) ?? (SenderFault ? 'internal' : 'unavailable');
  return new Failure(reason, `${Code}: ${Message}`);
}
