import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { objectStoreContract } from '../shared/stores/contract/object-store.ts';
import { describeWithServer } from './with-server.ts';

describeWithServer('the contract of object stores', ({ s3, makeBucket }) => {
  objectStoreContract(async () => {
    const store = new S3Store(s3, { exclude: ({ key }) => key.startsWith('excluded/') });
    return { store, bucket: await makeBucket() };
  });
});

describeWithServer('the S3 store', ({ s3, makeBucket }) => {
  it('lists several pages', async () => {
    const store = new S3Store(s3);
    const bucket = await makeBucket();
    const keys = Array.from({ length: 120 }, (_, index) => `k ${String(index).padStart(3, '0')}+`);
    for (let start = 0; start < keys.length; start += 20) {
      const some = keys.slice(start, start + 20);
      await Promise.all(some.map((key) => store.write({ bucket, key }, new Uint8Array(1))));
    }
    const listed = await Array.fromAsync(store.list(bucket, 'k '));
    expect(listed.map(({ key }) => key)).toEqual(keys);
  });

  it('lists an object of several parts with the etag of a read', async () => {
    const bucket = await makeBucket();
    await uploadInParts(s3, bucket, 'large.bin', [new Uint8Array(5 * 2 ** 20), new Uint8Array(10)]);
    const store = new S3Store(s3);
    const [listed] = await Array.fromAsync(store.list(bucket, ''));
    const { bytes, etag } = await store.read({ bucket, key: 'large.bin' }, { maxBytes: 2 ** 24 });
    expect(bytes).toHaveLength(5 * 2 ** 20 + 10);
    expect(listed).toMatchObject({ size: bytes.byteLength, etag });
  });

  it('stops at the limit of bytes, and reads on', async () => {
    const store = new S3Store(s3);
    const bucket = await makeBucket();
    await store.write({ bucket, key: 'large' }, new Uint8Array(2_000_000));
    for (let read = 0; read < 60; read += 1) {
      const attempt = store.read({ bucket, key: 'large' }, { maxBytes: 1_000 });
      await expect(attempt).rejects.toMatchObject({ reason: 'too_large' });
    }
    expect((await store.read({ bucket, key: 'large' }, { maxBytes: 2_000_000 })).bytes).toHaveLength(2_000_000);
  });
});

async function uploadInParts(s3: S3Client, Bucket: string, Key: string, parts: readonly Uint8Array[]): Promise<void> {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const uploaded = [];
  for (const [index, Body] of parts.entries()) {
    const PartNumber = index + 1;
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    uploaded.push({ ETag, PartNumber });
  }
  await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: uploaded } }));
}
