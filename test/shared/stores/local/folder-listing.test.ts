import { appendFile, chmod, mkdir, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FolderStore } from '../../../../shared/stores/local/folder-store.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const limit = { maxBytes: 1_000 };
/** File permissions do not apply to the superuser, which runs the tests in some containers. */
const isRoot = process.getuid?.() === 0;

describe('listing a folder', () => {
  it('follows links to files and folders', async () => {
    const bucket = temporaryFolder();
    await put(join(bucket, 'real/1.jpg'), 'one');
    await symlink('real', join(bucket, 'linked'));
    await symlink('real/1.jpg', join(bucket, 'link.jpg'));
    expect(await keysAndSizes(bucket)).toEqual(['link.jpg 3', 'linked/1.jpg 3', 'real/1.jpg 3']);
  });

  it('does not follow a link to a folder that contains it', async () => {
    const bucket = temporaryFolder();
    await put(join(bucket, 'a/b/1.jpg'), 'one');
    await symlink('../..', join(bucket, 'a/b/up'));
    await symlink('.', join(bucket, 'self'));
    expect(await keysAndSizes(bucket)).toEqual(['a/b/1.jpg 3']);
  });

  it('lists a broken link and a link to itself with a size of 0, so that they are rejected', async () => {
    const bucket = temporaryFolder();
    await symlink('nowhere.jpg', join(bucket, 'broken.jpg'));
    await symlink('loop.jpg', join(bucket, 'loop.jpg'));
    expect(await keysAndSizes(bucket)).toEqual(['broken.jpg 0', 'loop.jpg 0']);
    const store = new FolderStore();
    await expect(store.read({ bucket, key: 'broken.jpg' }, limit)).rejects.toMatchObject({ reason: 'object_gone' });
    await expect(store.read({ bucket, key: 'loop.jpg' }, limit)).rejects.toMatchObject({ reason: 'unreadable' });
  });

  it('lists and reads names that are not UTF-8, each by its own key', async () => {
    const bucket = temporaryFolder();
    const folder = Buffer.concat([Buffer.from(`${bucket}/`), Buffer.of(0xe9)]);
    await mkdir(folder);
    const names = [Buffer.of(0xff), Buffer.of(0xfe), Buffer.from('\\xff'), Buffer.from('\uFFFD'), Buffer.from('é\\')];
    for (const [index, name] of names.entries()) {
      await writeFile(Buffer.concat([folder, Buffer.from('/'), name, Buffer.from('.jpg')]), String(index));
    }
    const store = new FolderStore();
    const listed = await Array.fromAsync(store.list(bucket, ''));
    const contents = listed.map(async ({ key, size, etag }) => {
      const object = await store.read({ bucket, key }, limit);
      expect(object).toMatchObject({ etag, bytes: { byteLength: size } });
      return [key, Buffer.from(object.bytes).toString()];
    });
    expect(Object.fromEntries(await Promise.all(contents))).toEqual({
      [String.raw`\xe9/\xff.jpg`]: '0',
      [String.raw`\xe9/\xfe.jpg`]: '1',
      [String.raw`\xe9/\x5cxff.jpg`]: '2',
      ['\\xe9/\uFFFD.jpg']: '3',
      [String.raw`\xe9/é\.jpg`]: '4',
    });
    expect((await keys(bucket)).toSorted()).toEqual(await keys(bucket));
    expect(await Array.fromAsync(store.list(bucket, String.raw`\xe9/\xf`))).toHaveLength(2);
  });

  it('does not write a name that is not UTF-8', async () => {
    const address = { bucket: temporaryFolder(), key: String.raw`\xff.jpg` };
    await expect(new FolderStore().write(address, Buffer.from('x'))).rejects.toMatchObject({ reason: 'unreadable' });
  });

  it.skipIf(isRoot)('lists a folder that cannot be listed as an object, so that it is rejected', async () => {
    const bucket = temporaryFolder();
    await put(join(bucket, 'closed/1.jpg'), 'one');
    await put(join(bucket, 'open/1.jpg'), 'one');
    await chmod(join(bucket, 'closed'), 0);
    onTestFinished(() => chmod(join(bucket, 'closed'), 0o700));
    expect(await keys(bucket)).toEqual(['closed', 'open/1.jpg']);
    const store = new FolderStore();
    await expect(store.read({ bucket, key: 'closed' }, limit)).rejects.toMatchObject({ reason: 'unreadable' });
    await expect(Array.fromAsync(store.list(bucket, 'closed/'))).rejects.toMatchObject({ name: 'UserError' });
  });

  it('skips an excluded folder on every path, also if it is created during the listing', async () => {
    const bucket = temporaryFolder();
    const other = temporaryFolder();
    await symlink(bucket, join(other, 'way'));
    await put(join(bucket, 'a.jpg'), 'a');
    await put(join(bucket, 'b/c.jpg'), 'c');
    const store = new FolderStore({ exclude: [join(other, 'way/b/results')] });
    const found: string[] = [];
    for await (const { key } of store.list(bucket, '')) {
      if (key === 'a.jpg') await put(join(bucket, 'b/results/part'), 'p');
      found.push(key);
    }
    expect(found).toEqual(['a.jpg', 'b/c.jpg']);
  });

  it('changes the etag if the modification time or the size changes', async () => {
    const bucket = temporaryFolder();
    const path = join(bucket, '1.jpg');
    await put(path, 'one');
    const etag = await etagOf(bucket);
    expect(await etagOf(bucket)).toBe(etag);
    await appendFile(path, '!');
    const longer = await etagOf(bucket);
    await utimes(path, 1, 1);
    expect(new Set([etag, longer, await etagOf(bucket)]).size).toBe(3);
  });

  it('reports a file as a bucket in one line', async () => {
    const bucket = temporaryFolder();
    await put(join(bucket, 'file'), 'x');
    const listing = Array.fromAsync(new FolderStore().list(join(bucket, 'file'), ''));
    await expect(listing).rejects.toMatchObject({ name: 'UserError', message: expect.stringContaining('is a file') });
  });
});

async function put(path: string, content: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

async function keysAndSizes(bucket: string): Promise<string[]> {
  const objects = await Array.fromAsync(new FolderStore().list(bucket, ''));
  return objects.map(({ key, size }) => `${key} ${size}`);
}

async function keys(bucket: string): Promise<string[]> {
  return (await Array.fromAsync(new FolderStore().list(bucket, ''))).map(({ key }) => key);
}

async function etagOf(bucket: string): Promise<string | undefined> {
  const [object] = await Array.fromAsync(new FolderStore().list(bucket, ''));
  return object?.etag;
}
