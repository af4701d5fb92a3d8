import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../../../shared/stores/local/make-folder.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();

describe('makeFolder', () => {
  it('creates a folder and its parents, and returns the topmost', async () => {
    expect(await makeFolder(join(folder, 'a/b/c'))).toBe(join(folder, 'a'));
    expect((await stat(join(folder, 'a/b/c'))).isDirectory()).toBe(true);
    expect(await makeFolder(join(folder, 'a/b/d'))).toBe(join(folder, 'a/b/d'));
    expect(await makeFolder(join(folder, 'a/b/d'))).toBeUndefined();
  });

  it('creates a folder once for concurrent calls', async () => {
    await Promise.all(Array.from({ length: 20 }, () => makeFolder(join(folder, 'x/y/z'))));
    expect((await stat(join(folder, 'x/y/z'))).isDirectory()).toBe(true);
  });

  it('fails below a file, and on a file system without mkdir', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(makeFolder(join(folder, 'file/below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(makeFolder('/proc/no-such/folder')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
