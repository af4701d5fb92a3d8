import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FolderStore } from '../../../../shared/stores/local/folder-store.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { objectStoreContract } from '../contract/object-store.ts';

const limit = { maxBytes: 1_000 };
/** File permissions do not apply to the superuser, which runs the tests in some containers. */
const isRoot = process.getuid?.() === 0;

describe('a folder as an object store', () => {
  objectStoreContract(async () => {
    const bucket = temporaryFolder();
    return { store: new FolderStore({ exclude: [join(bucket, 'excluded')] }), bucket };
  });
});

describe('reading from a folder', () => {
  it('rejects a pipe without opening it', async () => {
    const bucket = temporaryFolder();
    expect(spawnSync('mkfifo', [join(bucket, 'pipe.jpg')]).status).toBe(0);
    expect(
      (await Array.fromAsync(new FolderStore().list(bucket, ''))).map(({ key, size }) => `${key} ${size}`),
    ).toEqual(['pipe.jpg 0']);
    await expect(new FolderStore().read({ bucket, key: 'pipe.jpg' }, limit)).rejects.toMatchObject({
      reason: 'unreadable',
      message: expect.stringContaining('a pipe'),
    });
  });

  it('rejects a socket and a folder as unreadable', async () => {
    const bucket = temporaryFolder();
    const server = createServer().listen(join(bucket, 's.jpg'));
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    await mkdir(join(bucket, 'folder'));
    for (const [key, kind] of [
      ['s.jpg', 'a socket'],
      ['folder', 'a folder'],
    ] as const) {
      const read = new FolderStore().read({ bucket, key }, limit);
      await expect(read).rejects.toMatchObject({ reason: 'unreadable', message: expect.stringContaining(kind) });
    }
  });

  it.skipIf(isRoot)('rejects a file without read permission as unreadable', async () => {
    const bucket = temporaryFolder();
    await put(join(bucket, '1.jpg'), 'one');
    await chmod(join(bucket, '1.jpg'), 0);
    await expect(new FolderStore().read({ bucket, key: '1.jpg' }, limit)).rejects.toMatchObject({
      reason: 'unreadable',
      cause: { code: 'EACCES' },
    });
  });

  it('fails with `object_gone` for a file that was deleted after the listing', async () => {
    const bucket = temporaryFolder();
    await put(join(bucket, '1.jpg'), 'one');
    const store = new FolderStore();
    const [object] = await Array.fromAsync(store.list(bucket, ''));
    await rm(join(bucket, '1.jpg'));
    expect(object?.key).toBe('1.jpg');
    await expect(store.read({ bucket, key: '1.jpg' }, limit)).rejects.toMatchObject({ reason: 'object_gone' });
  });

  it('fails with a transient failure if a file changes while it is read', async () => {
    const bucket = temporaryFolder();
    const size = 64 * 1024 * 1024;
    await writeFile(join(bucket, '1.jpg'), new Uint8Array(size));
    let reading = true;
    const read = new FolderStore().read({ bucket, key: '1.jpg' }, { maxBytes: size }).finally(() => {
      reading = false;
    });
    const changes = (async () => {
      for (let second = 1; reading; second += 1) await utimes(join(bucket, '1.jpg'), second, second);
    })();
    await expect(read).rejects.toMatchObject({ reason: 'unavailable', message: expect.stringContaining('changed') });
    await changes;
  });

  it.each(['../secret', 'a/../../secret', '..', '', '/etc/passwd', 'a//b', './a', 'a\0b'])(
    'keeps the key %j inside its bucket',
    async (key) => {
      const root = temporaryFolder();
      await put(join(root, 'secret'), 'x');
      await put(join(root, 'bucket/a/b'), 'x');
      const read = new FolderStore().read({ bucket: join(root, 'bucket'), key }, limit);
      await expect(read).rejects.toMatchObject({ reason: 'unreadable', message: expect.stringContaining('the key') });
    },
  );

  it.each(['..', '../other', '', 'a/../..', 'a\0'])('keeps the bucket %j inside its root', async (bucket) => {
    const root = join(temporaryFolder(), 'root');
    const read = new FolderStore({ root }).read({ bucket, key: 'k' }, limit);
    await expect(read).rejects.toMatchObject({
      reason: 'unreadable',
      message: expect.stringContaining('the bucket'),
    });
  });

  it('reads a bucket below its root and returns the given version', async () => {
    const root = temporaryFolder();
    await put(join(root, 'drop/cat/1.jpg'), 'one');
    const store = new FolderStore({ root });
    const object = await store.read({ bucket: 'drop', key: 'cat/1.jpg', versionId: 'v7' }, limit);
    expect(object).toMatchObject({ versionId: 'v7', bytes: Buffer.from('one') });
  });
});

describe('writing to a folder', () => {
  it('leaves no other file', async () => {
    const bucket = temporaryFolder();
    await new FolderStore().write({ bucket, key: 'a/b/part' }, Buffer.from('rows'));
    expect(await readdir(bucket, { recursive: true })).toEqual(['a', 'a/b', 'a/b/part']);
  });

  it('keeps the old object and no partial file if it fails', async () => {
    const bucket = temporaryFolder();
    await mkdir(join(bucket, 'taken/by'), { recursive: true });
    const write = new FolderStore().write({ bucket, key: 'taken' }, Buffer.from('rows'));
    await expect(write).rejects.toMatchObject({ reason: 'unavailable', cause: { code: expect.any(String) } });
    expect(await readdir(bucket, { recursive: true })).toEqual(['taken', 'taken/by']);
  });

  it('reports a folder that cannot be created, with the cause', async () => {
    const bucket = temporaryFolder();
    await put(join(bucket, 'file'), 'x');
    const write = new FolderStore().write({ bucket, key: 'file/below' }, Buffer.from('rows'));
    await expect(write).rejects.toMatchObject({ reason: 'unavailable', cause: { code: 'EEXIST' } });
  });

  it('never shows readers a partial object', async () => {
    const bucket = temporaryFolder();
    const store = new FolderStore();
    const contents = ['a', 'b'].map((letter) => Buffer.alloc(300_000, letter));
    await store.write({ bucket, key: 'k' }, Buffer.alloc(300_000, 'a'));
    let writing = true;
    const writes = (async () => {
      for (let round = 0; round < 20; round += 1) {
        for (const content of contents) await store.write({ bucket, key: 'k' }, content);
      }
      writing = false;
    })();
    let reads = 0;
    for (; writing; reads += 1) {
      const seen = await readFile(join(bucket, 'k'));
      expect(contents.some((content) => content.equals(seen))).toBe(true);
    }
    await writes;
    expect(reads).toBeGreaterThan(0);
  });

  it('creates an object once, whoever tries at the same moment', async () => {
    const [bucket, store] = [temporaryFolder(), new FolderStore()];
    const names = Array.from({ length: 6 }, (_, index) => `writer ${index}`);
    const create = (name: string) => store.create({ bucket, key: 'new/k' }, Buffer.from(name));
    const created = await Promise.all(names.map(create));
    expect(created.filter(Boolean)).toHaveLength(1);
    expect(await create('later')).toBe(false);
    expect(await readFile(join(bucket, 'new/k'), 'utf8')).toBe(names[created.indexOf(true)]);
    expect(await readdir(join(bucket, 'new'))).toEqual(['k']);
  });

  it('renames a complete file, so that a watcher never sees a partial one', async () => {
    const bucket = temporaryFolder();
    await new FolderStore().write({ bucket, key: 'k' }, Buffer.from('whole'));
    const { ino } = await stat(join(bucket, 'k'));
    await new FolderStore().write({ bucket, key: 'k' }, Buffer.from('other'));
    expect((await stat(join(bucket, 'k'))).ino).not.toBe(ino);
  });
});

async function put(path: string, content: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}
