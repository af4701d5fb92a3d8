import { describe, expect, it } from 'vitest';
import { awsFailure } from '../../../../shared/stores/aws/aws-failure.ts';
import { S3Store } from '../../../../shared/stores/aws/s3-store.ts';
import { httpAnswers } from '../../../support/http-answers.ts';
import { impatient, storeThatAnswers } from '../../../support/s3-answers.ts';

const limit = { maxBytes: 1_000 };
const address = { bucket: 'drop', key: 'cat.jpg' };
const range = { offset: 50, length: 100 };

describe('an error of S3', () => {
  it.each([
    [404, 'NoSuchKey', 'object_gone'],
    [404, 'NoSuchVersion', 'object_gone'],
    [405, 'MethodNotAllowed', 'object_gone'],
    [403, 'AccessDenied', 'unreadable'],
    [403, 'InvalidObjectState', 'unreadable'],
    [400, 'ExpiredToken', 'unavailable'],
    [503, 'SlowDown', 'throttled'],
    [503, 'ServiceUnavailable', 'throttled'],
    [500, 'InternalError', 'unavailable'],
    [400, 'RequestTimeout', 'timeout'],
    [400, 'InvalidRequest', 'unreadable'],
    [400, 'KMS.DisabledException', 'unreadable'],
    [400, 'KMS.NotFoundException', 'unreadable'],
    [400, 'KMS.KMSInvalidStateException', 'unreadable'],
    [400, 'KMS.InvalidStateException', 'unreadable'],
    [400, 'KMSInvalidStateException', 'unreadable'],
    [400, 'KMS.InvalidKeyUsageException', 'unreadable'],
    [403, 'KMS.AccessDeniedException', 'unreadable'],
    [400, 'KMS.ThrottlingException', 'throttled'],
    [400, 'KMS.KeyUnavailableException', 'unavailable'],
    [400, 'KMS.DependencyTimeoutException', 'unavailable'],
    [500, 'KMS.InternalException', 'unavailable'],
    [400, 'InvalidToken', 'unavailable'],
    [400, 'TokenRefreshRequired', 'unavailable'],
    [403, 'InvalidAccessKeyId', 'unavailable'],
    [403, 'SignatureDoesNotMatch', 'unavailable'],
    [400, 'AuthorizationHeaderMalformed', 'unavailable'],
    [403, 'RequestTimeTooSkewed', 'unavailable'],
    [409, 'OperationAborted', 'unavailable'],
    [412, 'PreconditionFailed', 'unavailable'],
    [416, 'InvalidRange', 'unreadable'],
    [429, 'TooManyRequests', 'throttled'],
    [410, 'Gone', 'object_gone'],
    [400, 'SomethingElse', 'unreadable'],
  ])('%i %s is %s', async (status, code, reason) => {
    const store = await storeThatAnswers(status, code);
    await expect(store.read(address, limit)).rejects.toMatchObject({
      reason,
      message: expect.stringContaining(code),
      cause: expect.any(Error),
    });
  });

  it('is never a fault in this program for a 4xx status', async () => {
    for (let status = 400; status < 500; status += 1) {
      for (const code of ['', 'NoCodeOfThisKind', 'KMS.NewException']) {
        expect(awsFailure(serviceError(status, code)).reason, `${status} ${code}`).not.toBe('internal');
      }
    }
  });

  it.each([
    [403, 'InvalidObjectState', '', 'the object is archived: restore it first'],
    [
      400,
      'InvalidRequest',
      'The object was stored using a form of Server Side Encryption. The correct parameters must be provided.',
      'the object is encrypted with a key that only its owner has (SSE-C): copy it to a bucket without SSE-C',
    ],
    [400, 'KMS.DisabledException', '', 'the KMS key of the object is disabled: enable it, then retry'],
    [400, 'KMS.NotFoundException', '', 'the KMS key of the object does not exist: restore the object from a copy'],
    [400, 'KMS.KMSInvalidStateException', '', 'the KMS key of the object is pending deletion or not ready'],
    [400, 'KMS.InvalidStateException', '', 'cancel its deletion, then retry'],
    [400, 'KMS.InvalidKeyUsageException', '', 'check the KMS key of the object, then retry'],
    [403, 'KMS.AccessDeniedException', '', 'allow kms:Decrypt on the KMS key of the object, then retry'],
  ])('%i %s says what to do', async (status, code, text, remedy) => {
    const store = await storeThatAnswers(status, code, text);
    await expect(store.read(address, limit)).rejects.toThrow(remedy);
  });

  it('says nothing about the key of an object if the service of keys is busy', async () => {
    const store = await storeThatAnswers(400, 'KMS.ThrottlingException');
    await expect(store.read(address, limit)).rejects.toThrow(/it is$/);
  });

  it.each([
    [503, 'SlowDown', 'throttled'],
    [400, 'BadDigest', 'unavailable'],
    [400, 'XAmzContentSHA256Mismatch', 'unavailable'],
    [400, 'InvalidRequest', 'unavailable'],
    [413, 'SomethingElse', 'unavailable'],
    [403, 'AccessDenied', 'unreadable'],
    [403, 'QuotaExceeded', 'unreadable'],
    [404, 'NoSuchBucket', 'object_gone'],
  ])('of a write: %i %s is %s', async (status, code, reason) => {
    const store = await storeThatAnswers(status, code);
    await expect(store.write(address, new Uint8Array(1))).rejects.toMatchObject({ reason });
    await expect(store.remove(address)).rejects.toMatchObject({ reason });
  });

  it('is `unavailable` without a server, and one line for the user of a listing', async () => {
    const store = new S3Store(impatient('http://127.0.0.1:9'));
    await expect(store.read(address, limit)).rejects.toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await expect(Array.fromAsync(store.list('drop', ''))).rejects.toMatchObject({ name: 'UserError' });
  });

  it('is `unavailable` if the connection breaks while an object is read', async () => {
    const endpoint = await httpAnswers((_request, _body, response) => {
      response.writeHead(200, { 'content-length': '100', etag: '"e"' });
      response.write('half', () => response.destroy());
    });
    const read = new S3Store(impatient(endpoint)).read(address, limit);
    await expect(read).rejects.toMatchObject({ reason: 'unavailable', message: expect.stringContaining('early') });
  });

  it('of a range has the same reasons', async () => {
    const store = await storeThatAnswers(503, 'SlowDown');
    await expect(store.readRange(address, range)).rejects.toMatchObject({ reason: 'throttled' });
  });

  it('is `unavailable` if the connection breaks while a range is read', async () => {
    const endpoint = await httpAnswers((_request, _body, response) => {
      response.writeHead(206, { 'content-length': '100', 'content-range': 'bytes 50-149/200' });
      response.write('half', () => response.destroy());
    });
    const read = new S3Store(impatient(endpoint)).readRange(address, range);
    await expect(read).rejects.toMatchObject({ reason: 'unavailable', message: expect.stringContaining('early') });
  });

  it.each([
    ['the whole object', 200, {}, 'expected 100 bytes from byte 50, received 3 bytes of the whole object'],
    [
      'another part',
      206,
      { 'content-range': 'bytes 0-2/200' },
      'expected 100 bytes from byte 50, received 3 bytes of the range bytes 0-2/200',
    ],
  ])('is `unavailable` if the response to a range request is %s', async (_, status, headers, message) => {
    const endpoint = await httpAnswers((_request, _body, response) => {
      response.writeHead(status, { 'content-length': '3', ...headers });
      response.end('xyz');
    });
    const read = new S3Store(impatient(endpoint)).readRange(address, range);
    await expect(read).rejects.toMatchObject({ reason: 'unavailable', message });
  });

  it('is for the user if a listing is denied, and transient if S3 is throttling', async () => {
    const denied = await storeThatAnswers(403, 'AccessDenied');
    await expect(Array.fromAsync(denied.list('drop', ''))).rejects.toMatchObject({ name: 'UserError' });
    const busy = await storeThatAnswers(503, 'SlowDown');
    await expect(Array.fromAsync(busy.list('drop', ''))).rejects.toMatchObject({ reason: 'throttled' });
  });
});

function serviceError(httpStatusCode: number, name: string): Error {
  return Object.assign(new Error('it failed'), { name, $metadata: { httpStatusCode } });
}
