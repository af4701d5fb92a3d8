import { expect, it } from 'vitest';
import { keyAccesses } from './key-access.ts';
import { type AwsRequest, accessesOf } from './request-to-action.ts';

const names = { region: 'us-east-1', account: '000000000000' };

function s3Request(method: string, path: string, query = '', body = ''): AwsRequest {
  return { method, path, query: new URLSearchParams(query), headers: {}, body: Buffer.from(body), service: 's3' };
}

it('deleting several objects needs a permission for each, another one for a version', () => {
  const body =
    '<Delete><Object><Key>a&amp;b.jpg</Key></Object><Object><Key>c.jpg</Key><VersionId>1</VersionId></Object></Delete>';
  expect(accessesOf(s3Request('POST', '/photos', 'delete', body), names)).toEqual([
    { action: 's3:DeleteObject', resource: 'arn:aws:s3:::photos/a&b.jpg' },
    { action: 's3:DeleteObjectVersion', resource: 'arn:aws:s3:::photos/c.jpg' },
  ]);
});

it('an upload in parts to an encrypted bucket also needs to decrypt', () => {
  const keys = new Map([['arn:aws:s3:::photos', 'arn:aws:kms:us-east-1:000000000000:key/a']]);
  const actionsOf = (request: AwsRequest) =>
    accessesOf(request, names).flatMap((access) => keyAccesses(access, keys, names).map(({ action }) => action));
  expect(actionsOf(s3Request('PUT', '/photos/a.jpg'))).toEqual(['kms:GenerateDataKey']);
  expect(actionsOf(s3Request('PUT', '/photos/a.jpg', 'partNumber=1&uploadId=b'))).toEqual([
    'kms:GenerateDataKey',
    'kms:Decrypt',
  ]);
});

it('a request with an unknown subresource is an error, so that none passes unchecked', () => {
  expect(() => accessesOf(s3Request('GET', '/photos/a.jpg', 'acl'), names)).toThrow('unexpected request to s3');
});
