import { beforeEach, describe, expect, it } from 'vitest';
import type { CropEnvelope, PackedSlice } from '../../../shared/crops/crop-envelope.ts';
import { resolveCrops } from '../../../shared/crops/resolve-crops.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { awsClients } from '../../../shared/stores/aws/clients.ts';
import { S3Store } from '../../../shared/stores/aws/s3-store.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import type { Delivery, ObjectStore } from '../../../shared/stores/ports.ts';
import { httpAnswers } from '../../support/http-answers.ts';
import { cropsNamed, packTogether, recording } from '../../support/packed-crops.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Bytes of the crops of `cropsNamed` of 32 × 32. */
const cropBytes = 3072;
let bucket: string;
let store: ReturnType<typeof recording>;

beforeEach(async () => {
  bucket = temporaryFolder();
  store = recording(new FolderStore());
});

const pack = (key: string, names: readonly string[]) =>
  packTogether(
    names.map((name) => cropsNamed(name)),
    store.objects,
    { bucket, key },
  );

/** For each envelope, its key if the pixels are the packed ones, or its failure. */
async function outcomes(
  envelopes: readonly (CropEnvelope | Failure)[],
  objects: Pick<ObjectStore, 'readRange'> = store.objects,
) {
  const deliveries = envelopes.map(
    (body, index): Delivery<CropEnvelope> => ({ receipt: `${index}`, attempt: 1, body }),
  );
  const resolved = await resolveCrops(deliveries, objects, { attempts: 1 });
  expect(resolved.map(({ receipt }) => receipt)).toEqual(deliveries.map(({ receipt }) => receipt));
  return resolved.map(({ body }) => {
    if (body instanceof Failure) return body.message;
    const { image, tensor, fault } = body;
    if (fault) return `${image.key}: ${fault.reason}: ${fault.message.replaceAll(bucket, 'bucket')}`;
    return Buffer.compare(tensor.pixels, cropsNamed(image.key).tensor.pixels) === 0
      ? image.key
      : `${image.key}: different pixels`;
  });
}

function pointing(envelope: CropEnvelope | undefined, change: Partial<PackedSlice>): CropEnvelope {
  if (envelope === undefined || !('slice' in envelope.tensor)) throw new Error('expected a pointer');
  const { tensor } = envelope;
  return { ...envelope, tensor: { ...tensor, slice: { ...tensor.slice, ...change } } };
}

describe('pixels that messages point to', () => {
  it('are read in one request per object, in any order', async () => {
    const [a, b, c] = await pack('one', ['a', 'b', 'c']);
    const [d] = await pack('other', ['d']);
    if (!a || !b || !c || !d) throw new Error('expected four');
    expect(await outcomes([c, d, a, b, a])).toEqual(['c', 'd', 'a', 'b', 'a']);
    expect(store.reads.toSorted((x, y) => x.key.localeCompare(y.key))).toEqual([
      { key: 'one', offset: 0, length: 3 * cropBytes },
      { key: 'other', offset: 0, length: cropBytes },
    ]);
  });

  it('are read next to inline pixels and a message that could not be decoded', async () => {
    const [a] = await pack('one', ['a']);
    if (!a) throw new Error('expected one');
    const bad = new Failure('invalid_crop', 'no message');
    expect(await outcomes([cropsNamed('inline'), bad, a])).toEqual(['inline', 'no message', 'a']);
  });

  it('that do not exist are a fault of their images only', async () => {
    const [a, b] = await pack('one', ['a', 'b']);
    expect(await outcomes([pointing(a, { key: 'gone' }), pointing(b, {}), cropsNamed('c')])).toEqual([
      expect.stringMatching(/^a: crops_gone: the packed crops bucket\/gone no longer exist: .*\(ENOENT\)/),
      'b',
      'c',
    ]);
  });

  it('are not read if the pointer has the wrong length', async () => {
    const [a, b] = await pack('one', ['a', 'b']);
    const envelopes = [pointing(a, { length: 5 }), pointing(b, { length: 2 ** 40 })];
    expect(await outcomes(envelopes)).toEqual([
      'a: invalid_crop: expected a pointer to 3072 bytes of pixels, received one to 5',
      'b: invalid_crop: expected a pointer to 3072 bytes of pixels, received one to 1099511627776',
    ]);
    expect(store.reads).toEqual([]);
  });

  it('are not read if the crops are over the limit', async () => {
    const [a] = await pack('one', ['a']);
    const huge = pointing(a, { length: 20_000 * 10_000 * 3 });
    const tensor = { ...huge.tensor, height: 20_000, width: 10_000 };
    expect(await outcomes([{ ...huge, tensor }])).toEqual([
      'a: invalid_crop: expected pointers to at most 536870912 bytes of pixels, received some to 600000000',
    ]);
    expect(store.reads).toEqual([]);
  });

  it('that are cut off at the end of their object are a fault of those images only', async () => {
    const [a, b, c] = await pack('one', ['a', 'b', 'c']);
    const short = [
      pointing(a, {}),
      pointing(b, { offset: 2 * cropBytes + 10 }),
      pointing(c, { offset: 9 * cropBytes }),
    ];
    expect(await outcomes(short)).toEqual([
      'a',
      'b: invalid_crop: expected 3072 bytes of pixels at byte 6154 of bucket/one, which has 3062 there',
      'c: invalid_crop: expected 3072 bytes of pixels at byte 27648 of bucket/one, which has 0 there',
    ]);
    expect(store.reads).toHaveLength(1);
  });

  it.each([
    [503, 'SlowDown', 'a: throttled: the packed crops bucket/one could not be read: SlowDown: it is'],
    [404, 'NoSuchKey', 'a: crops_gone: the packed crops bucket/one no longer exist: NoSuchKey: it is'],
    [
      403,
      'AccessDenied',
      'a: unavailable: the packed crops bucket/one could not be read: AccessDenied: it is; allow s3:GetObject',
    ],
  ])('for which S3 answers %i %s are a fault of their image', async (status, code, expected) => {
    const [a] = await pack('one', ['a']);
    const endpoint = await httpAnswers((_request, _body, response) => {
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>it is</Message></Error>`);
    });
    const { s3 } = awsClients({ endpoint }, {});
    s3.config.maxAttempts = async () => 1;
    expect(await outcomes([pointing(a, { bucket: 'bucket' }), cropsNamed('b')], new S3Store(s3))).toEqual([
      expected,
      'b',
    ]);
  });
});
