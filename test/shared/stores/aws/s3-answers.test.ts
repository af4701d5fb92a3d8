import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { S3Store } from '../../../../shared/stores/aws/s3-store.ts';
import { httpAnswers } from '../../../support/http-answers.ts';
import { impatient, storeWithChunks, storeWithVersion } from '../../../support/s3-answers.ts';

const limit = { maxBytes: 1_000 };
const address = { bucket: 'drop', key: 'cat.jpg' };
const range = { offset: 50, length: 100 };

describe('a response without a size', () => {
  it('is read up to the limit', async () => {
    const store = await storeWithChunks(['x'.repeat(600), 'y'.repeat(400)]);
    const { bytes, etag } = await store.read(address, limit);
    expect(bytes).toHaveLength(1_000);
    expect(etag).toBe('e');
  });

  it('is `too_large` as soon as it passes the limit, and its connection is closed', async () => {
    const closed = Promise.withResolvers<void>();
    const store = await storeWithChunks(['x'.repeat(600), 'y'.repeat(401)], { end: false, onClose: closed.resolve });
    await expect(store.read(address, limit)).rejects.toMatchObject({
      reason: 'too_large',
      message: 'the object has more bytes than the limit of 1000',
    });
    await closed.promise;
  });

  it('is `unavailable` if the connection breaks', async () => {
    const endpoint = await httpAnswers((_request, _body, response) => {
      response.writeHead(200, { etag: '"e"' });
      response.write('half', () => response.destroy());
    });
    const read = new S3Store(impatient(endpoint)).read(address, limit);
    await expect(read).rejects.toMatchObject({ reason: 'unavailable', message: expect.stringContaining('early') });
  });

  it('to a range request has the size of its range', async () => {
    const endpoint = await httpAnswers((_request, _body, response) => {
      response.writeHead(206, { 'content-range': 'bytes 50-52/53' });
      response.end('xyz');
    });
    const bytes = await new S3Store(impatient(endpoint)).readRange(address, range);
    expect(Buffer.from(bytes).toString()).toBe('xyz');
  });
});

describe('creating an object in S3', () => {
  const createdWith = async (status: number, then = 200) => {
    const conditions: (string | undefined)[] = [];
    const endpoint = await httpAnswers(({ headers }, _body, response) => {
      conditions.push(headers['if-none-match']);
      response.writeHead(conditions.length === 1 ? status : then).end();
    });
    return { created: await new S3Store(impatient(endpoint)).create(address, Buffer.from('x')), conditions };
  };

  it.each([
    ['a missing one', 200, { created: true, conditions: ['*'] }],
    ['an existing one', 412, { created: false, conditions: ['*'] }],
    ['one that another writer is creating', 409, { created: false, conditions: ['*'] }],
    ['one in a service without conditional requests', 501, { created: true, conditions: ['*', undefined] }],
  ])('asks that it is a new one: %s', async (_, status, expected) => {
    expect(await createdWith(status)).toEqual(expected);
  });

  it('fails if the service refuses', async () => {
    await expect(createdWith(403)).rejects.toMatchObject({ reason: 'unreadable' });
  });
});

describe('a listing of S3', () => {
  const listingOf = (contents: string, more = '') =>
    `<ListBucketResult><IsTruncated>false</IsTruncated>${more}${contents}</ListBucketResult>`;
  const object = (key: string, etag = '&quot;e&quot;') =>
    `<Contents><Key>${key}</Key><ETag>${etag}</ETag><Size>1</Size></Contents>`;
  const listed = async (text: string) => {
    const endpoint = await httpAnswers((_request, _body, response) => response.end(text));
    return Array.fromAsync(new S3Store(impatient(endpoint)).list('drop', ''));
  };

  it('asks for encoded keys, and decodes them', async () => {
    const urls: (string | undefined)[] = [];
    const endpoint = await httpAnswers((request, _body, response) => {
      urls.push(request.url);
      const keys = ['a+b%2Bc%2520%25', 'ctl%01.jpg', 'gr%C3%BCn/%F0%9F%A6%8A', 'plain&amp;.jpg'];
      response.end(listingOf(keys.map((key) => object(key)).join(''), '<EncodingType>url</EncodingType>'));
    });
    const objects = await Array.fromAsync(new S3Store(impatient(endpoint)).list('drop', 'a+ b/'));
    expect(urls).toEqual([expect.stringMatching(/encoding-type=url.*prefix=a%2B%20b%2F/)]);
    expect(objects.map(({ key }) => key)).toEqual(['a b+c%20%', 'ctl\u0001.jpg', 'grün/🦊', 'plain&.jpg']);
  });

  it('takes keys as they are from a service that does not encode them', async () => {
    expect((await listed(listingOf(object('100%25+1.jpg')))).map(({ key }) => key)).toEqual(['100%25+1.jpg']);
  });

  it('keeps a key that is not UTF-8 in its encoded form', async () => {
    const objects = await listed(listingOf(object('caf%E9.jpg'), '<EncodingType>url</EncodingType>'));
    expect(objects.map(({ key }) => key)).toEqual(['caf%E9.jpg']);
  });

  it.each(['&quot;e&quot;', 'e', 'W/&quot;e&quot;'])('takes %s for the etag e', async (etag) => {
    expect(await listed(listingOf(object('k', etag)))).toMatchObject([{ etag: 'e' }]);
  });

  it('has each object of a page that is repeated once', async () => {
    const pages = [['a', 'b'], ['a', 'b'], ['b', 'c'], ['d']].values();
    const endpoint = await httpAnswers((_request, _body, response) => {
      const { value: keys = [] } = pages.next();
      const more = keys[0] === 'd' ? '' : `<NextContinuationToken>${randomUUID()}</NextContinuationToken>`;
      response.end(listingOf(keys.map((key) => object(key)).join(''), more));
    });
    const objects = await Array.fromAsync(new S3Store(impatient(endpoint)).list('drop', ''));
    expect(objects.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd']);
  });

  const truncated = (key: string, next: string) =>
    `<ListBucketResult><IsTruncated>true</IsTruncated>${next}${object(key)}</ListBucketResult>`;
  const nextIsB = '<NextContinuationToken>b</NextContinuationToken>';

  it.each([
    ['has no next page', '', 'no next page'],
    ['is the page before', nextIsB, 'the same page again'],
  ])('fails if a page that is not the last %s, also when it is requested again', async (_, next, problem) => {
    await expect(listed(truncated('a', next))).rejects.toMatchObject({
      name: 'UserError',
      message: `the listing of the bucket drop cannot be continued: the service gives ${problem}`,
    });
  });

  it.each([
    ['has no next page', truncated('b', '')],
    ['is the page before', truncated('a', nextIsB)],
  ])('is complete if a page that %s is answered correctly when it is requested again', async (_, wrong) => {
    const pages = [truncated('a', nextIsB), wrong, listingOf(object('b'))].values();
    const endpoint = await httpAnswers((_request, _body, response) => {
      response.end(pages.next().value);
    });
    const objects = await Array.fromAsync(new S3Store(impatient(endpoint)).list('drop', ''));
    expect(objects.map(({ key }) => key)).toEqual(['a', 'b']);
  });
});

describe('a written object', () => {
  it('is sent with its length, not as a stream in chunks, which some services reject', async () => {
    const requests: IncomingHttpHeaders[] = [];
    const endpoint = await httpAnswers((request, _body, response) => {
      requests.push(request.headers);
      response.end();
    });
    for (const bytes of [new Uint8Array(), new Uint8Array(3_000_000), Buffer.from('part').subarray(1, 3)]) {
      await new S3Store(impatient(endpoint)).write(address, bytes);
    }
    expect(requests.map((headers) => headers['content-length'])).toEqual(['0', '3000000', '2']);
    for (const headers of requests) {
      expect(headers).not.toHaveProperty('transfer-encoding');
      expect(headers).not.toHaveProperty('content-encoding');
      expect(headers['x-amz-content-sha256']).not.toMatch(/STREAMING/);
    }
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
