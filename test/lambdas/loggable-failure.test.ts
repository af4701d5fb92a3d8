import { describe, expect, it } from 'vitest';
import { loggableFailure } from '../../lambdas/loggable-failure.ts';
import { awsFailure } from '../../shared/stores/aws/aws-failure.ts';

const user = 'User: arn:aws:sts::123456789012:assumed-role/ingest/ingest';

/** An error of an SDK client. */
function denied(message: string): Error {
  return Object.assign(new Error(message), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
}

describe('a refused request', () => {
  it.each([
    [
      'kms:Decrypt',
      `${user} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because no identity-based policy allows the kms:Decrypt action`,
    ],
    [
      's3:GetObject',
      `${user} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::drop/jane doe/passport.jpg" because no identity-based policy allows the s3:GetObject action`,
    ],
  ])('is logged with its action %s, without the object', (action, message) => {
    const logged = loggableFailure(awsFailure(denied(message)));
    expect(logged).toEqual({ reason: 'unreadable', action });
  });

  it('is logged without an action if AWS names none', () => {
    expect(loggableFailure(awsFailure(denied('Access Denied')))).toEqual({ reason: 'unreadable' });
  });
});
