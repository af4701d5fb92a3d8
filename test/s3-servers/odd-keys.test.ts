import { beforeAll, expect, it } from 'vitest';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { describeWithServer } from './with-server.ts';

const keys = [
  'control \u0001\u001f.jpg',
  'tab\tline\nreturn\r.jpg',
  'delete \u007f.jpg',
  'next line \u0085.jpg',
  'right to left \u202e.jpg',
  'not a character \ufffe.jpg',
  'plus+space percent%20 100%.jpg',
  '%',
  ' space at both ends ',
  'quotes "and\' <tags> &amp;.jpg',
  'back\\slash.jpg',
  './dot.jpg',
  '../up.jpg',
  'a/../b.jpg',
  'a/.../x.jpg',
  '..b.jpg',
  'z/..',
  'question?query=1#part.jpg',
  'a//two//slashes.jpg',
  'grün/日本/🐕‍🦺.jpg',
  'e\u0301 decomposed.jpg',
  `${'long/'.repeat(200)}x.jpg`,
  `${'長'.repeat(330)}.jpg`,
];

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
