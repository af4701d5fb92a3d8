import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { Failure, type FailureReason } from '../../failures/failure.ts';

/** Error codes of S3 and SQS by what they mean here; those not named are told apart by their HTTP status. */
const reasonsByCode: Readonly<Record<string, FailureReason>> = {
  NoSuchKey: 'object_gone',
  NoSuchVersion: 'object_gone',
  NoSuchBucket: 'object_gone',
  NotFound: 'object_gone',
  QueueDoesNotExist: 'object_gone',
  'AWS.SimpleQueueService.NonExistentQueue': 'object_gone',
  // S3's answer when the version asked for is a delete marker.
  MethodNotAllowed: 'object_gone',
  AccessDenied: 'unreadable',
  InvalidObjectState: 'unreadable',
  KmsAccessDenied: 'unreadable',
  KmsDisabled: 'unreadable',
  SlowDown: 'throttled',
  Throttling: 'throttled',
  ThrottlingException: 'throttled',
  RequestThrottled: 'throttled',
  RequestLimitExceeded: 'throttled',
  TooManyRequestsException: 'throttled',
  KmsThrottled: 'throttled',
  OverLimit: 'throttled',
  TimeoutError: 'timeout',
  RequestTimeout: 'timeout',
  ETIMEDOUT: 'timeout',
  // These refuse the caller, not the object: with new credentials or a set clock the next attempt succeeds.
  ExpiredToken: 'unavailable',
  ExpiredTokenException: 'unavailable',
  RequestTimeTooSkewed: 'unavailable',
  CredentialsProviderError: 'unavailable',
};

const errorSchema = z.object({
  name: z.string(),
  message: z.string(),
  /** Of a network error, for example `ECONNREFUSED`. */
  code: z.string().optional().catch(undefined),
  $metadata: z.object({ httpStatusCode: z.int().optional() }).optional().catch(undefined),
});

/** What an SDK client threw, as a Failure with that as its cause. */
export function awsFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const parsed = errorSchema.safeParse(error);
  if (!parsed.success) return Failure.from(error);
  const { name, message, code, $metadata } = parsed.data;
  const reason =
    reasonsByCode[name] ??
    reasonOfStatus($metadata?.httpStatusCode) ??
    (code === undefined ? 'internal' : (reasonsByCode[code] ?? 'unavailable'));
  const hint = name === 'InvalidObjectState' ? '; it is archived: restore it, then it can be read' : '';
  return new Failure(reason, `${code ?? name}: ${message.replaceAll(/\s*\n\s*/g, ' ')}${hint}`, { cause: error });
}

/**
 * The same failure in words for the person who named a bucket or queue: what could not be done, where, and why.
 * @param what for example `the bucket drop cannot be listed`
 * @param endpoint where it was tried; undefined for AWS
 */
export function describeFailure(endpoint: string | undefined, what: string, failure: Failure): Failure {
  const { reason, message, cause } = failure;
  const network = errorSchema.safeParse(cause).data?.code;
  const place = endpoint ?? 'AWS';
  if (reason === 'timeout') return new Failure(reason, `${what}: ${place} does not answer`, { cause });
  if (reason === 'unavailable' && network !== undefined) {
    return new Failure(reason, `${what}: ${place} cannot be reached (${network})`, { cause });
  }
  return new Failure(reason, `${what}${endpoint === undefined ? '' : ` at ${endpoint}`}: ${message}`, { cause });
}

/** An entry of a batch that SQS did not take. */
export function entryFailure({ Code = 'unknown', Message = '', SenderFault }: BatchResultErrorEntry): Failure {
  const reason = reasonsByCode[Code] ?? (SenderFault ? 'internal' : 'unavailable');
  return new Failure(reason, `${Code}: ${Message}`);
}

function reasonOfStatus(status: number | undefined): FailureReason | undefined {
  if (status === undefined) return undefined;
  if (status === 404) return 'object_gone';
  if (status === 403) return 'unreadable';
  if (status === 429 || status === 503) return 'throttled';
  return status >= 500 ? 'unavailable' : undefined;
}
