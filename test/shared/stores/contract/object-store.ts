import { expect, it } from 'vitest';
import type { ListedObject, ObjectStore } from '../../../../shared/stores/ports.ts';

export interface ObjectStoreUnderTest {
  readonly store: ObjectStore;
  /** Empty at first. */
  readonly bucket: string;
}

/** The contract of object stores. `open` returns a store with an empty bucket, and skips `excluded/` in listings. */
export function objectStoreContract(open: () => Promise<ObjectStoreUnderTest>): void {
  const limit = { maxBytes: 1_000 };

  it('reads the bytes that were written', async () => {
    const { store, bucket } = await open();
    await store.write({ bucket, key: 'a/b.bin' }, Uint8Array.of(0, 1, 254, 255));
    const { bytes } = await store.read({ bucket, key: 'a/b.bin' }, limit);
    expect([...bytes]).toEqual([0, 1, 254, 255]);
  });

  it('writes only the bytes of a view, not the buffer behind it', async () => {
    const { store, bucket } = await open();
    await store.write({ bucket, key: 'view' }, Uint8Array.of(1, 2, 3, 4).subarray(1, 3));
    const { bytes } = await store.read({ bucket, key: 'view' }, limit);
    expect([...bytes]).toEqual([2, 3]);
  });

  it('deletes an object, and ignores a missing one', async () => {
    const { store, bucket } = await open();
    await store.write({ bucket, key: 'a/b' }, text('b'));
    await store.write({ bucket, key: 'a/c' }, text('c'));
    await store.remove({ bucket, key: 'a/b' });
    await store.remove({ bucket, key: 'a/b' });
    expect((await listed(store, bucket)).map(({ key }) => key)).toEqual(['a/c']);
    await expect(store.read({ bucket, key: 'a/b' }, limit)).rejects.toMatchObject({ reason: 'object_gone' });
  });

  it('keeps an empty object', async () => {
    const { store, bucket } = await open();
    await store.write({ bucket, key: 'empty.jpg' }, new Uint8Array());
    expect((await store.read({ bucket, key: 'empty.jpg' }, limit)).bytes).toHaveLength(0);
    expect(await listed(store, bucket)).toMatchObject([{ key: 'empty.jpg', size: 0 }]);
  });

  it('replaces an object and changes its etag', async () => {
    const { store, bucket } = await open();
    await store.write({ bucket, key: 'k' }, text('first'));
    const before = await store.read({ bucket, key: 'k' }, limit);
    await store.write({ bucket, key: 'k' }, text('other content'));
    const after = await store.read({ bucket, key: 'k' }, limit);
    expect(Buffer.from(after.bytes).toString()).toBe('other content');
    expect(after.etag).not.toBe(before.etag);
  });

  it('lists an object with its bucket, its size and the etag of a read', async () => {
    const { store, bucket } = await open();
    const started = Date.now() - 2_000;
    await store.write({ bucket, key: 'k' }, text('12345'));
    const [object] = await listed(store, bucket);
    const { etag } = await store.read({ bucket, key: 'k' }, limit);
    expect(object).toMatchObject({ bucket, key: 'k', size: 5, etag });
    expect(etag).not.toContain('"');
    expect(object?.modified.getTime()).toBeGreaterThan(started);
  });

  it('lists keys in text order', async () => {
    const { store, bucket } = await open();
    const keys = ['a-b', 'a.jpg', 'a/1', 'a/b/c', 'a0', 'b'];
    for (const key of keys.toReversed()) await store.write({ bucket, key }, text(key));
    expect((await listed(store, bucket)).map(({ key }) => key)).toEqual(keys);
  });

  it.each([
    ['', ['cat/1', 'cat/2', 'category', 'dog/1']],
    ['cat', ['cat/1', 'cat/2', 'category']],
    ['cat/', ['cat/1', 'cat/2']],
    ['cat/2', ['cat/2']],
    ['horse', []],
    ['cat/1/', []],
  ])('lists the keys with the prefix "%s"', async (prefix, expected) => {
    const { store, bucket } = await open();
    for (const key of ['cat/1', 'cat/2', 'category', 'dog/1']) await store.write({ bucket, key }, text(key));
    expect((await listed(store, bucket, prefix)).map(({ key }) => key)).toEqual(expected);
  });

  it('lists no object of an empty bucket', async () => {
    const { store, bucket } = await open();
    expect(await listed(store, bucket)).toEqual([]);
  });

  it('skips hidden files and hidden folders', async () => {
    const { store, bucket } = await open();
    for (const key of ['.DS_Store', 'a/.hidden', 'a/.thumbs/1.jpg', 'a/b.c'])
      await store.write({ bucket, key }, text('x'));
    expect((await listed(store, bucket)).map(({ key }) => key)).toEqual(['a/b.c']);
  });

  it('skips excluded objects', async () => {
    const { store, bucket } = await open();
    for (const key of ['excluded/part', 'excluded-not', 'photo']) await store.write({ bucket, key }, text('x'));
    expect((await listed(store, bucket)).map(({ key }) => key)).toEqual(['excluded-not', 'photo']);
    expect(await listed(store, bucket, 'excluded/')).toEqual([]);
  });

  it.each([
    'two words.jpg',
    'one+one.jpg',
    '100%.jpg',
    '%41.jpg',
    'a&b=c#d.jpg',
    "it's (1).jpg",
    'grün/日本.jpg',
    '🦊/🐕‍🦺.jpg',
    'x<y>"z".jpg',
  ])('writes, lists and reads the key %s', async (key) => {
    const { store, bucket } = await open();
    await store.write({ bucket, key }, text(key));
    expect((await listed(store, bucket)).map((object) => object.key)).toEqual([key]);
    const { bytes } = await store.read({ bucket, key }, limit);
    expect(Buffer.from(bytes).toString()).toBe(key);
  });

  it('fails with `object_gone` for a missing object', async () => {
    const { store, bucket } = await open();
    await expect(store.read({ bucket, key: 'no/such.jpg' }, limit)).rejects.toMatchObject({ reason: 'object_gone' });
  });

  it('rejects an object over the limit, but not at the limit', async () => {
    const { store, bucket } = await open();
    await store.write({ bucket, key: 'large' }, new Uint8Array(1_001));
    await store.write({ bucket, key: 'full' }, new Uint8Array(1_000));
    await expect(store.read({ bucket, key: 'large' }, limit)).rejects.toMatchObject({
      reason: 'too_large',
      message: 'the object has 1001 bytes, the limit is 1000',
    });
    expect((await store.read({ bucket, key: 'full' }, limit)).bytes).toHaveLength(1_000);
  });

  it.each([
    ['at the start', 0, 3, [0, 1, 2]],
    ['in the middle', 2, 5, [2, 3, 4, 5, 6]],
    ['at the end', 9, 1, [9]],
    ['all', 0, 10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ['beyond the end', 7, 100, [7, 8, 9]],
    ['after the end', 10, 5, []],
    ['far after the end', 1_000_000, 1, []],
  ])('reads a range %s of an object', async (_, offset, length, expected) => {
    const { store, bucket } = await open();
    await store.write(
      { bucket, key: 'a/ten +%.bin' },
      Uint8Array.from({ length: 10 }, (_, byte) => byte),
    );
    expect([...(await store.readRange({ bucket, key: 'a/ten +%.bin' }, { offset, length }))]).toEqual(expected);
  });

  it('reads no bytes of an empty object', async () => {
    const { store, bucket } = await open();
    await store.write({ bucket, key: 'empty' }, new Uint8Array());
    expect(await store.readRange({ bucket, key: 'empty' }, { offset: 0, length: 8 })).toHaveLength(0);
  });

  it('fails with `object_gone` for a range of a missing object', async () => {
    const { store, bucket } = await open();
    const read = store.readRange({ bucket, key: 'no/such.bin' }, { offset: 0, length: 8 });
    await expect(read).rejects.toMatchObject({ reason: 'object_gone' });
  });

  it('reports a missing bucket to the user in one line', async () => {
    const { store, bucket } = await open();
    const missing = `${bucket}-missing`;
    const error: unknown = await listed(store, missing).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'UserError', message: expect.stringContaining(missing) });
    expect(String(error)).not.toContain('\n');
  });
}

async function listed(store: ObjectStore, bucket: string, prefix = ''): Promise<ListedObject[]> {
  return Array.fromAsync(store.list(bucket, prefix));
}

function text(content: string): Uint8Array {
  return Buffer.from(content);
}
