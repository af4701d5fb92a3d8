import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { Failure, type FailureReason } from '../../failures/failure.ts';

/** The reasons of error codes of S3 and SQS; other codes get a reason from their HTTP status. */
const reasonsByCode: Readonly<Record<string, FailureReason>> = {
  NoSuchKey: 'object_gone',
  NoSuchVersion: 'object_gone',
  NoSuchBucket: 'object_gone',
  NotFound: 'object_gone',
  QueueDoesNotExist: 'object_gone',
  'AWS.SimpleQueueService.NonExistentQueue': 'object_gone',
  // S3 answers this if the requested version is a delete marker.
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
  // These concern the caller, not the object: with new credentials or a corrected clock the next attempt succeeds.
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

/** An error of an SDK client as a Failure. */
export function awsFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const parsed = errorSchema.safeParse(error);
  if (!parsed.success) return Failure.from(error);
  const { name, message, code, $metadata } = parsed.data;
  const reason =
    reasonsByCode[name] ??
    reasonOfStatus($metadata?.httpStatusCode) ??
    (code === undefined ? 'internal' : (reasonsByCode[code] ?? 'unavailable'));
  const hint = name === 'InvalidObjectState' ? '; the object is archived: restore it first' : '';
  return new Failure(reason, `${code ?? name}: ${message.replaceAll(/\s*\n\s*/g, ' ')}${hint}`, { cause: error });
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
  if (reason === 'timeout') return new Failure(reason, `${what}: ${service} does not answer`, { cause });
  if (reason === 'unavailable' && network !== undefined) {
    return new Failure(reason, `${what}: ${service} cannot be reached (${network})`, { cause });
  }
  return new Failure(reason, `${what}${endpoint === undefined ? '' : ` at ${endpoint}`}: ${message}`, { cause });
}

/** The failure of an entry of a batch. */
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
