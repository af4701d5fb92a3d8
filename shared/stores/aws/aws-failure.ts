import { lookup } from 'node:dns/promises';
import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { Failure, type FailureReason } from '../../failures/failure.ts';
import { reasonOfAwsError, remedyOf } from './aws-error-reasons.ts';
import { connectionProblem } from './connection-problem.ts';
import { callerRemedy, settingsProblem } from './settings-problem.ts';

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
 * @param action that the request needs, such as `s3:GetObject`
 */
export function awsFailure(
  error: unknown,
  { rejected, action }: { readonly rejected?: FailureReason; readonly action?: string } = {},
): Failure {
  if (error instanceof Failure) return error;
  const parsed = errorSchema.safeParse(error);
  if (!parsed.success) return Failure.from(error);
  const { name, message, code, $metadata } = parsed.data;
  const reason =
    reasonOfAwsError(name, $metadata?.httpStatusCode, rejected) ??
    (code === undefined ? 'internal' : (reasonOfAwsError(code, undefined) ?? 'unavailable'));
  const settings = settingsProblem(parsed.data);
  if (settings !== undefined) return new Failure('unavailable', settings, { cause: error });
  const remedy = (reason === 'unreadable' ? remedyOf(name, message) : undefined) ?? callerRemedy(name, message, action);
  const detail = isForeign(name, message) ? foreignAnswer : `${code ?? name}: ${message.replaceAll(/\s*\n\s*/g, ' ')}`;
  return new Failure(reason, remedy === undefined ? detail : `${detail}; ${remedy}`, { cause: error });
}

const foreignAnswer = 'the answer is not one of S3 or SQS: check the address of the service';

/** An answer that the SDK cannot parse, such as the page of a proxy or of another server. */
function isForeign(name: string, message: string): boolean {
  return /Deserialization error|XML parse error/.test(message) || (name === 'Unknown' && message === 'UnknownError');
}

/**
 * The same failure with a message for the user who named a bucket or queue: what failed, where, and why.
 * @param what for example `the bucket drop cannot be listed`
 * @param endpoint of the service; undefined for AWS
 */
export async function describeFailure(endpoint: string | undefined, what: string, failure: Failure): Promise<Failure> {
  const { reason, message, cause } = failure;
  const network = errorSchema.safeParse(cause).data?.code ?? (await unresolvable(endpoint, cause));
  const service = endpoint ?? 'AWS';
  if (network === 'ECONNRESET') {
    return new Failure('unavailable', `${what}: ${service} ${connectionProblem(service, network)}`, { cause });
  }
  // Without a cause, the message says itself which service has not answered, see `AnswerWatch`.
  if (reason === 'timeout') {
    return new Failure(reason, `${what}: ${cause === undefined ? message : `${service} does not answer`}`, { cause });
  }
  if (reason === 'unavailable' && network !== undefined) {
    return new Failure(reason, `${what}: ${service} ${connectionProblem(service, network)}`, { cause });
  }
  return new Failure(reason, `${what}${endpoint === undefined ? '' : ` at ${endpoint}`}: ${message}`, { cause });
}

/** The failure of an entry of a batch. */
export function entryFailure({ Code = 'unknown', Message = '', SenderFault }: BatchResultErrorEntry): Failure {
  const reason = reasonOfAwsError(Code, undefined) ?? (SenderFault ? 'internal' : 'unavailable');
  return new Failure(reason, `${Code}: ${Message}`);
}

/** Credentials are looked up before the address: without them, a mistyped address would not be noticed. */
async function unresolvable(endpoint: string | undefined, cause: unknown): Promise<string | undefined> {
  const host = URL.parse(endpoint ?? '')?.hostname.replaceAll(/[[\]]/g, '');
  if (host === undefined || errorSchema.safeParse(cause).data?.name !== 'CredentialsProviderError') return undefined;
  return lookup(host).then(
    () => undefined,
    (error: unknown) => errorSchema.safeParse(error).data?.code,
  );
}
