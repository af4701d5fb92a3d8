import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../../../shared/stores/local/make-folder.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();

describe('makeFolder', () => {
  it('makes a folder and those above it, and says which was the topmost', async () => {
    expect(await makeFolder(join(folder, 'a/b/c'))).toBe(join(folder, 'a'));
    expect((await stat(join(folder, 'a/b/c'))).isDirectory()).toBe(true);
    expect(await makeFolder(join(folder, 'a/b/d'))).toBe(join(folder, 'a/b/d'));
    expect(await makeFolder(join(folder, 'a/b/d'))).toBeUndefined();
  });

  it('is done once by many at a time', async () => {
    await Promise.all(Array.from({ length: 20 }, () => makeFolder(join(folder, 'x/y/z'))));
    expect((await stat(join(folder, 'x/y/z'))).isDirectory()).toBe(true);
  });

  it('fails below a file, and where the file system makes no folders', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(makeFolder(join(folder, 'file/below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(makeFolder('/proc/no-such/folder')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
