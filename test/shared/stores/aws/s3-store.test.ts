import { describe, expect, it } from 'vitest';
import { awsClients } from '../../../../shared/stores/aws/clients.ts';
import { S3Store } from '../../../../shared/stores/aws/s3-store.ts';
import { httpAnswers } from '../../../support/http-answers.ts';
import { startAws } from '../../../support/start-aws.ts';
import { objectStoreContract } from '../contract/object-store.ts';

const limit = { maxBytes: 1_000 };
const address = { bucket: 'drop', key: 'cat.jpg' };
const range = { offset: 50, length: 100 };
const aws = await startAws();

describe('S3 as an object store', () => {
  objectStoreContract(async () => {
    const bucket = await aws.makeBucket();
    return { store: new S3Store(aws.s3, { exclude: ({ key }) => key.startsWith('excluded/') }), bucket };
  });
});

describe('the S3 store', () => {
  it('lists all pages of a listing', async () => {
    const store = new S3Store(aws.s3);
    const bucket = await aws.makeBucket();
    const keys = Array.from({ length: 1_005 }, (_, index) => `k${String(index).padStart(4, '0')}`);
    for (let start = 0; start < keys.length; start += 50) {
      const some = keys.slice(start, start + 50);
      await Promise.all(some.map((key) => store.write({ bucket, key }, new Uint8Array(1))));
    }
    const listed = await Array.fromAsync(store.list(bucket, ''));
    expect(listed.map(({ key }) => key)).toEqual(keys);
  });

  it('skips empty objects that stand for folders', async () => {
    const bucket = await aws.makeBucket();
    await aws.put(bucket, 'cats/', '');
    await aws.put(bucket, 'cats/1.jpg', 'x');
    const listed = await Array.fromAsync(new S3Store(aws.s3).list(bucket, ''));
    expect(listed.map(({ key }) => key)).toEqual(['cats/1.jpg']);
  });

  it('releases the connection of an object that is too large', async () => {
    const store = new S3Store(aws.s3);
    const bucket = await aws.makeBucket();
    await store.write({ bucket, key: 'large' }, new Uint8Array(2_000_000));
    for (let read = 0; read < 60; read += 1) {
      await expect(store.read({ bucket, key: 'large' }, limit)).rejects.toMatchObject({ reason: 'too_large' });
    }
    await store.write({ bucket, key: 'small' }, new Uint8Array(1));
    expect((await store.read({ bucket, key: 'small' }, limit)).bytes).toHaveLength(1);
  });

  it('reports a missing bucket as `object_gone` when an object is read', async () => {
    const read = new S3Store(aws.s3).read({ bucket: 'no-such-bucket', key: 'k' }, limit);
    await expect(read).rejects.toMatchObject({ reason: 'object_gone' });
  });
});

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
    [400, 'SomethingElse', 'internal'],
  ])('%i %s is %s', async (status, code, reason) => {
    const store = await storeThatAnswers(status, code);
    await expect(store.read(address, limit)).rejects.toMatchObject({
      reason,
      message: expect.stringContaining(code),
      cause: expect.any(Error),
    });
  });

  it('of an archived object says what to do', async () => {
    const store = await storeThatAnswers(403, 'InvalidObjectState');
    await expect(store.read(address, limit)).rejects.toThrow('the object is archived: restore it first');
  });

  it('of a write has the same reasons', async () => {
    const store = await storeThatAnswers(503, 'SlowDown');
    await expect(store.write(address, new Uint8Array(1))).rejects.toMatchObject({ reason: 'throttled' });
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

describe('versions in S3', () => {
  it('requests the given version and returns the version that was read', async () => {
    const requests: (string | undefined)[] = [];
    const store = await storeWithVersion('v2', (url) => requests.push(url));
    const object = await store.read({ ...address, versionId: 'v2' }, limit);
    expect(requests).toEqual([expect.stringContaining('versionId=v2')]);
    expect(object).toMatchObject({ versionId: 'v2', etag: 'e' });
  });

  it('ignores the version `null`, which is overwritten', async () => {
    const store = await storeWithVersion('null', () => {});
    expect((await store.read(address, limit)).versionId).toBeUndefined();
  });
});

async function storeThatAnswers(status: number, code: string): Promise<S3Store> {
  const endpoint = await httpAnswers((_request, _body, response) => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} it is</Message></Error>`);
  });
  return new S3Store(impatient(endpoint));
}

async function storeWithVersion(version: string, seen: (url: string | undefined) => void): Promise<S3Store> {
  const endpoint = await httpAnswers((request, _body, response) => {
    seen(request.url);
    response.writeHead(200, { 'content-length': '1', etag: '"e"', 'x-amz-version-id': version });
    response.end('x');
  });
  return new S3Store(impatient(endpoint));
}

/** A client with a single attempt, so that the tests do not wait for the SDK's retries. */
function impatient(endpoint: string): ConstructorParameters<typeof S3Store>[0] {
  const { s3 } = awsClients({ endpoint }, {});
  s3.config.maxAttempts = async () => 1;
  return s3;
}
