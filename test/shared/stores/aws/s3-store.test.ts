import { describe, expect, it } from 'vitest';
import { S3Store } from '../../../../shared/stores/aws/s3-store.ts';
import { startAws } from '../../../support/start-aws.ts';
import { objectStoreContract } from '../contract/object-store.ts';

const limit = { maxBytes: 1_000 };
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
