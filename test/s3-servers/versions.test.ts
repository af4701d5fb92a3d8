import { ListObjectVersionsCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { describeWithServer } from './with-server.ts';

const limit = { maxBytes: 1_000 };

describeWithServer('versions', ({ s3, makeBucket }) => {
  const makeVersionedBucket = async () => {
    const bucket = await makeBucket();
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    return bucket;
  };

  it('are read by their names, and the last one is listed', async () => {
    const [store, bucket] = [new S3Store(s3), await makeVersionedBucket()];
    const address = { bucket, key: 'a +%.jpg' };
    await store.write(address, Buffer.from('first'));
    const first = await store.read(address, limit);
    await store.write(address, Buffer.from('second'));
    const second = await store.read(address, limit);
    expect(first.versionId).toBeTypeOf('string');
    expect(second.versionId).not.toBe(first.versionId);
    const read = await store.read({ ...address, versionId: first.versionId }, limit);
    expect({ ...read, bytes: Buffer.from(read.bytes).toString() }).toEqual({ ...first, bytes: 'first' });
    const range = await store.readRange({ ...address, versionId: first.versionId }, { offset: 1, length: 3 });
    expect(Buffer.from(range).toString()).toBe('irs');
    expect(await Array.fromAsync(store.list(bucket, ''))).toMatchObject([{ key: address.key, etag: second.etag }]);
  });

  it('stay readable after their object was deleted, and the object is gone', async () => {
    const [store, bucket] = [new S3Store(s3), await makeVersionedBucket()];
    const address = { bucket, key: 'deleted.jpg' };
    await store.write(address, Buffer.from('first'));
    const { versionId } = await store.read(address, limit);
    await store.remove(address);
    expect(await Array.fromAsync(store.list(bucket, ''))).toEqual([]);
    await expect(store.read(address, limit)).rejects.toMatchObject({ reason: 'object_gone' });
    expect(Buffer.from((await store.read({ ...address, versionId }, limit)).bytes).toString()).toBe('first');
    const { DeleteMarkers: [marker] = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
    const read = store.read({ ...address, versionId: marker?.VersionId }, limit);
    await expect(read).rejects.toMatchObject({ reason: 'object_gone' });
  });

  it('are `object_gone` after they were deleted', async () => {
    const [store, bucket] = [new S3Store(s3), await makeVersionedBucket()];
    const address = { bucket, key: 'k' };
    await store.write(address, Buffer.from('x'));
    const { versionId } = await store.read(address, limit);
    await store.write(address, Buffer.from('y'));
    await store.remove({ ...address, versionId });
    await expect(store.read({ ...address, versionId }, limit)).rejects.toMatchObject({ reason: 'object_gone' });
    expect(Buffer.from((await store.read(address, limit)).bytes).toString()).toBe('y');
  });

  it('of a bucket without versions have no name', async () => {
    const [store, bucket] = [new S3Store(s3), await makeBucket()];
    await store.write({ bucket, key: 'k' }, Buffer.from('x'));
    expect((await store.read({ bucket, key: 'k' }, limit)).versionId).toBeUndefined();
  });
});
