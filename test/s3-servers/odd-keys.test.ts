import { beforeAll, expect, it } from 'vitest';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { oddKeys as keys } from './odd-keys.ts';
import { describeWithServer } from './with-server.ts';

describeWithServer('odd keys', ({ s3, makeBucket }) => {
  const store = new S3Store(s3);
  let bucket: string;
  beforeAll(async () => {
    bucket = await makeBucket();
    for (const key of keys) await store.write({ bucket, key }, Buffer.from(key));
  });

  it('are listed as they were written, in one bucket, and read', async () => {
    const listed = await Array.fromAsync(store.list(bucket, ''));
    expect(listed.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
    for (const { key, size, etag } of listed) {
      const object = await store.read({ bucket, key }, { maxBytes: 10_000 });
      expect(Buffer.from(object.bytes).toString()).toBe(key);
      expect({ size: object.bytes.byteLength, etag: object.etag }, key).toEqual({ size, etag });
    }
  });

  it.each(['control \u0001', 'plus+space', ' ', '%', 'quotes "', 'long/long/'])(
    'are found by the prefix %j',
    async (prefix) => {
      const listed = await Array.fromAsync(store.list(bucket, prefix));
      expect(listed.map(({ key }) => key)).toEqual(keys.filter((key) => key.startsWith(prefix)));
    },
  );

  it('are removed one by one', async () => {
    for (const key of keys) await store.remove({ bucket, key });
    expect(await Array.fromAsync(store.list(bucket, ''))).toEqual([]);
  });
});
