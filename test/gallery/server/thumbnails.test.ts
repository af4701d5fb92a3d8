import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openDiskCache } from '../../../gallery/server/thumbnails/disk-cache.ts';
import { openThumbnails } from '../../../gallery/server/thumbnails/thumbnails.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { untilAborted } from '../../../shared/flow/until-aborted.ts';
import type { ImageDecoder } from '../../../shared/images/cropper/image-decoder.ts';
import { decodePool } from '../../../shared/images/decode/decode-pool.ts';
import { fileEtag } from '../../../shared/stores/local/file-etag.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { eventually } from '../../support/eventually.ts';
import { picture } from '../../support/photos.ts';
import { classifiedRow, rejectedRow } from '../../support/result-rows.ts';
import { storeOf } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { openApp } from './open-app.ts';

/** The gallery for one image in a folder, and the image's id. */
async function openWith(bytes: Uint8Array | string) {
  const bucket = join(temporaryFolder(), 'drop');
  const path = join(bucket, 'in/image.jpg');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  const etag = fileEtag(await stat(path, { bigint: true }));
  const row = classifiedRow('in/image.jpg', { bucket, etag, image_id: `${bucket}/in/image.jpg@${etag}` });
  const app = await openApp(await storeOf([row]));
  const { images } = z.object({ images: z.array(z.object({ id: z.string() })) }).parse(await app.json('/api/images'));
  return { ...app, path, id: images[0]?.id ?? '' };
}

describe('/thumbnails', () => {
  it.each([
    ['tile', 224, 224],
    ['dense', 448, 448],
    ['large', 48, 64],
  ])('%s is upright WebP of %i × %i pixels, cached forever', async (size, width, height) => {
    const turned = await picture(3).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const { get, id } = await openWith(turned);
    const answer = await get(`/thumbnails/${id}/${size}`);
    expect(answer.headers.get('content-type')).toBe('image/webp');
    expect(answer.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
    expect(await sharp(await answer.arrayBuffer()).metadata()).toMatchObject({ format: 'webp', width, height });
    const again = await get(`/thumbnails/${id}/${size}`, {
      headers: { 'if-none-match': answer.headers.get('etag') ?? '' },
    });
    expect(again.status).toBe(304);
  });

  it('is made once, and served even after the image is gone', async () => {
    const { get, path, id } = await openWith(await picture(1).png().toBuffer());
    const [one, two] = await Promise.all([get(`/thumbnails/${id}/tile`), get(`/thumbnails/${id}/tile`)]);
    await rm(path);
    const three = await get(`/thumbnails/${id}/tile`);
    const bytes = await Promise.all([one, two, three].map(async (answer) => Buffer.from(await answer.arrayBuffer())));
    expect(bytes[1]).toEqual(bytes[0]);
    expect(bytes[2]).toEqual(bytes[0]);
  });

  it('is a placeholder "gone" for a missing image', async () => {
    const { get, json, path, id } = await openWith(await picture(1).png().toBuffer());
    await rm(path);
    const answer = await get(`/thumbnails/${id}/tile`);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('image/svg+xml');
    expect(await answer.text()).toContain('>gone</text>');
    expect(await json(`/api/images/${id}/object`)).toMatchObject({ state: 'gone' });
  });

  it('shows an overwritten image without caching it, and the detail says so', async () => {
    const { get, json, path, id } = await openWith(await picture(1).png().toBuffer());
    expect(await json(`/api/images/${id}/object`)).toEqual({ state: 'same', detail: '' });
    await writeFile(path, await picture(2, { width: 80, height: 80 }).png().toBuffer());
    await utimes(path, 1000, 1000);
    const answer = await get(`/thumbnails/${id}/tile`);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    // It is not cached, so it is made again from the current file.
    await writeFile(path, await picture(3, { width: 80, height: 80 }).png().toBuffer());
    const next = await get(`/thumbnails/${id}/tile`);
    expect(next.headers.get('cache-control')).toBe('no-store');
    expect(Buffer.from(await next.arrayBuffer())).not.toEqual(Buffer.from(await answer.arrayBuffer()));
    expect(await json(`/api/images/${id}/object`)).toMatchObject({
      state: 'other',
      detail: expect.stringContaining('overwritten'),
    });
  });

  it('names the images whose files were overwritten or removed, even if their thumbnails are cached', async () => {
    const { get, json, path, id } = await openWith(await picture(1).png().toBuffer());
    expect((await get(`/thumbnails/${id}/tile`)).headers.get('cache-control')).toContain('immutable');
    const changes = () => json(`/api/changes?ids=${id},0123456789abcdef`);
    expect(await changes()).toEqual({ changes: {} });
    await utimes(path, 1000, 1000);
    expect(await changes()).toEqual({ changes: { [id]: 'other' } });
    await rm(path);
    expect(await changes()).toEqual({ changes: { [id]: 'gone' } });
  });

  it('is a placeholder "no image" for a file that is not an image', async () => {
    const { get, id } = await openWith('no picture');
    const answer = await get(`/thumbnails/${id}/tile`);
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain('>no image</text>');
  });

  it('is a placeholder "too large" for too many pixels', async () => {
    const { get, id } = await openWith(await picture(1, { width: 1, height: 1 }).resize(5000, 5000).png().toBuffer());
    const answer = await get(`/thumbnails/${id}/tile`);
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain('>too large</text>');
  });

  it.each(['0123456789abcdef/tile', '0123456789abcdef/huge', '..%2F..%2Fetc/tile', 'passwd/tile'])(
    'is not found for %s',
    async (path) => {
      const { get } = await openApp(await storeOf([rejectedRow('a.jpg')]));
      const answer = await get(`/thumbnails/${path}`);
      expect([400, 404]).toContain(answer.status);
    },
  );
});

describe('the cache of thumbnails', () => {
  it('evicts the least recently used files, also after a restart', async () => {
    const folder = temporaryFolder();
    const cache = await openDiskCache(folder, 250);
    await cache.put('one', new Uint8Array(100));
    await cache.put('two', new Uint8Array(100));
    expect((await cache.get('one'))?.byteLength).toBe(100);
    await cache.put('three', new Uint8Array(100));
    expect((await readdir(folder)).toSorted()).toEqual(['one', 'three']);

    await utimes(join(folder, 'three'), 1000, 1000);
    const later = await openDiskCache(folder, 250);
    await later.put('four', new Uint8Array(100));
    expect((await readdir(folder)).toSorted()).toEqual(['four', 'one']);
    expect(await later.get('three')).toBeUndefined();
  });

  it('reports the first file that cannot be read, but none that another process removed', async () => {
    const { folder, cache, faults } = await cacheWithFaults(1000);
    for (const name of ['one', 'two']) await cache.put(name, new Uint8Array(100));
    await rm(join(folder, 'one'));
    expect(await cache.get('one')).toBeUndefined();
    expect(faults).toEqual([]);
    await replaceByFolder(join(folder, 'two'));
    for (let time = 0; time < 2; time += 1) expect(await cache.get('two')).toBeUndefined();
    expect(faults).toEqual([expect.objectContaining({ code: 'EISDIR' })]);
  });

  it('counts a file that cannot be removed, and evicts the next one', async () => {
    const { folder, cache, faults } = await cacheWithFaults(250);
    for (const name of ['one', 'two']) await cache.put(name, new Uint8Array(100));
    await replaceByFolder(join(folder, 'one'));
    for (const name of ['three', 'four']) await cache.put(name, new Uint8Array(100));
    expect((await readdir(folder)).toSorted()).toEqual(['four', 'one']);
    expect(faults).toHaveLength(1);
  });
});

async function cacheWithFaults(maxBytes: number) {
  const folder = temporaryFolder();
  const faults: unknown[] = [];
  return { folder, faults, cache: await openDiskCache(folder, maxBytes, (error) => faults.push(error)) };
}

/** A file that can be neither read nor removed, by any user. */
async function replaceByFolder(path: string): Promise<void> {
  await rm(path);
  await mkdir(path);
}

describe('a thumbnail that takes long', () => {
  it('is stopped when the last client that needs it is gone, and made again for the next one', async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, 'a.png'), await picture(1).png().toBuffer());
    const stops: AbortSignal[] = [];
    const decoder: Pick<ImageDecoder, 'decode'> = {
      decode: (_bytes, _job, { signal } = {}) => {
        if (signal === undefined) throw new Error('nothing stops this decode');
        stops.push(signal);
        return untilAborted(new Promise<never>(() => {}), signal, () => new Failure('timeout', 'stopped'));
      },
    };
    const limits = { maxPixels: 2 ** 24, maxBytes: 2 ** 24 };
    const thumbnails = openThumbnails({
      ...{ objects: new FolderStore(), cache: await openDiskCache(temporaryFolder(), 1000), limits, decoder },
      pool: decodePool(2, limits),
    });
    const address = { imageId: 'a', bucket: folder, key: 'a.png', versionId: undefined, etag: 'a', bytes: 1000 };
    const clients = [new AbortController(), new AbortController(), new AbortController()] as const;
    const [one, two] = [clients[0], clients[1]].map(({ signal }) => thumbnails.get(address, 'tile', signal));
    await eventually(() => expect(stops).toHaveLength(1));
    clients[0].abort();
    await expect(one).rejects.toThrow('no longer needs');
    expect(stops.map(({ aborted }) => aborted)).toEqual([false]);
    clients[1].abort();
    await expect(two).rejects.toThrow('no longer needs');
    expect(stops.map(({ aborted }) => aborted)).toEqual([true]);
    const three = thumbnails.get(address, 'tile', clients[2].signal);
    await eventually(() => expect(stops).toHaveLength(2));
    clients[2].abort();
    await expect(three).rejects.toThrow('no longer needs');
  });
});
