import type { FailureReason } from '../../failures/failure.ts';

/**
 * The reason of an error of S3 or SQS: that of its code, else that of its HTTP status. A request that the service rejects
 * with a 4xx status is rejected again, so it is permanent unless the error concerns the caller or the moment.
 * @param rejected the reason of a rejection without a reason of its own
 * @returns undefined if neither tells, for example for an error before a response
 */
export function reasonOfAwsError(
  code: string,
  status: number | undefined,
  rejected: FailureReason = 'unreadable',
): FailureReason | undefined {
  return reasonsByCode[code] ?? reasonOfKey(code, status) ?? reasonOfStatus(status, rejected);
}

/** What the user can do about an error of reading an object; undefined if the message of the service is enough. */
export function remedyOf(code: string, message: string): string | undefined {
  if (code === 'InvalidRequest') return /server side encryption/i.test(message) ? remedies['SSE-C'] : undefined;
  const key = keyError(code);
  return key === undefined ? remedies[code] : (remedies[`KMS.${key}`] ?? remedies['KMS']);
}

const reasonsByCode: Readonly<Record<string, FailureReason>> = {
  ...reasons('object_gone', [
    'NoSuchKey',
    'NoSuchVersion',
    'NoSuchBucket',
    'NotFound',
    'NoSuchAccessPoint',
    'QueueDoesNotExist',
    'AWS.SimpleQueueService.NonExistentQueue',
    // S3 answers this if the requested version is a delete marker.
    'MethodNotAllowed',
  ]),
  ...reasons('unreadable', [
    'AccessDenied',
    'InvalidObjectState',
    // The SDK rejects an ARN or an endpoint before it sends a request.
    'EndpointError',
  ]),
  ...reasons('throttled', [
    'SlowDown',
    'Throttling',
    'ThrottlingException',
    'RequestThrottled',
    'RequestLimitExceeded',
    'TooManyRequestsException',
    'OverLimit',
  ]),
  ...reasons('timeout', ['TimeoutError', 'RequestTimeout', 'ETIMEDOUT']),
  // These concern the caller or the moment, not the object: with new credentials or a corrected clock the next attempt succeeds.
  ...reasons('unavailable', [
    'AccountProblem',
    'AuthFailure',
    'AuthorizationHeaderMalformed',
    'CredentialsProviderError',
    'TokenProviderError',
    'ExpiredToken',
    'ExpiredTokenException',
    'IncompleteBody',
    'IncompleteSignature',
    'InvalidAccessKeyId',
    'InvalidClientTokenId',
    'InvalidSecurity',
    'InvalidSignatureException',
    'InvalidToken',
    'MissingAuthenticationToken',
    'MissingSecurityHeader',
    'NotSignedUp',
    'OperationAborted',
    'RequestExpired',
    'RequestTimeTooSkewed',
    'SignatureDoesNotMatch',
    'TokenRefreshRequired',
    'UnrecognizedClientException',
  ]),
};

function reasons(reason: FailureReason, codes: readonly string[]): Record<string, FailureReason> {
  return Object.fromEntries(codes.map((code) => [code, reason]));
}

/**
 * Errors of a key in KMS, which S3 passes on as `KMS.DisabledException` and SQS as `KmsDisabled`. A key that is disabled,
 * deleted or not granted stays so until somebody changes it.
 */
function reasonOfKey(code: string, status = 0): FailureReason | undefined {
  const error = keyError(code);
  if (error === undefined) return undefined;
  if (/throttl|limitexceeded/i.test(error)) return 'throttled';
  if (status >= 500 || /internal|dependency|unavailable/i.test(error)) return 'unavailable';
  return 'unreadable';
}

/** `Disabled` of `KMS.DisabledException` and `KmsDisabled`, `InvalidState` of `KMS.KMSInvalidStateException`. */
function keyError(code: string): string | undefined {
  return /^(?:KMS\.(?:KMS)?|KMS(?=[A-Z])|Kms)(?<error>\w+?)(?:Exception)?$/.exec(code)?.groups?.['error'];
}

const remedies: Readonly<Record<string, string>> = {
  InvalidObjectState: 'the object is archived: restore it first',
  'SSE-C': 'the object is encrypted with a key that only its owner has (SSE-C): copy it to a bucket without SSE-C',
  'KMS.Disabled': 'the KMS key of the object is disabled: enable it, then retry',
  'KMS.NotFound': 'the KMS key of the object does not exist: restore the object from a copy',
  'KMS.InvalidState': 'the KMS key of the object is pending deletion or not ready: cancel its deletion, then retry',
  'KMS.AccessDenied': 'allow kms:Decrypt on the KMS key of the object, then retry',
  KMS: 'check the KMS key of the object, then retry',
};

function reasonOfStatus(status: number | undefined, rejected: FailureReason): FailureReason | undefined {
  if (status === undefined) return undefined;
  // Without a permission, another upload is rejected too.
  if (status === 403) return 'unreadable';
  if (status === 404 || status === 410) return 'object_gone';
  if (status === 429 || status === 503) return 'throttled';
  if (status === 408 || status === 504) return 'timeout';
  // A conflict, a changed object or a missing login of a proxy: the next attempt can succeed.
  if ([401, 407, 409, 412, 423, 425].includes(status) || status >= 500) return 'unavailable';
  // Redirections are followed; one that is left names another service.
  return status >= 300 ? rejected : undefined;
}
