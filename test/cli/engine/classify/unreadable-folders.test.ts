import { execFileSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namedImages } from '../../../../cli/engine/classify/named-images.ts';
import { folderPatterns } from '../../../../cli/engine/classify/unreadable-folders.ts';
import { FolderStore } from '../../../../shared/stores/local/folder-store.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const root = temporaryFolder();
const names = async (pattern: string) => {
  const found: string[] = [];
  const onProblem = (error: Error) => void found.push(error.message);
  for await (const input of namedImages([pattern], { stdin: (async function* () {})(), onProblem })) {
    found.push(typeof input === 'string' ? input : 'another image');
  }
  return found;
};

describe('a pattern that reads a folder that cannot be listed', () => {
  // No user, not even root, can list a folder whose path is longer than the system allows.
  const long = 'd'.repeat(250);

  beforeAll(async () => {
    await mkdir(join(root, 'photos', 'a'), { recursive: true });
    for (const name of ['a/1.jpg', 'z.jpg']) await writeFile(join(root, 'photos', name), '');
    const loop = `i=0; while [ $i -lt 17 ]; do mkdir ${long}; cd -P ${long}; i=$((i+1)); done`;
    execFileSync('sh', ['-c', loop], { cwd: join(root, 'photos') });
  });

  // The functions of Node cannot remove it either.
  afterAll(() => execFileSync('rm', ['-rf', join(root, 'photos')]));

  it('has the folder among its images, which are all found', async () => {
    const found = await names(join(root, 'photos/**/*.jpg'));
    expect(found.filter((name) => !name.includes(long))).toEqual(
      ['photos/a/1.jpg', 'photos/z.jpg'].map((name) => join(root, name)),
    );
    expect(found.filter((name) => name.includes(long))).toEqual([expect.stringMatching(/^\/.{4096,}$/)]);
  });

  it('finds only its images if it does not read that folder', async () => {
    expect(await names(join(root, 'photos/*/*.jpg'))).toEqual([join(root, 'photos/a/1.jpg')]);
  });

  it('rejects the folder with what to do', async () => {
    const folder = (await names(join(root, 'photos/**/*.jpg'))).find((name) => name.includes(long)) ?? '';
    await expect(new FolderStore().read({ bucket: '/', key: folder.slice(1) }, { maxBytes: 9 })).rejects.toMatchObject({
      reason: 'unreadable',
      message: expect.stringContaining('shorten the names of its folders'),
    });
  });
});

it.skipIf(process.getuid?.() === 0)('a folder without permission is rejected with what to do', async () => {
  const folder = join(root, 'shared');
  await mkdir(join(folder, 'private'), { recursive: true });
  await chmod(join(folder, 'private'), 0);
  expect(await names(join(folder, '*/*.jpg'))).toEqual([join(folder, 'private')]);
  await expect(new FolderStore().read({ bucket: folder, key: 'private' }, { maxBytes: 9 })).rejects.toThrow(
    'permission denied (EACCES): let this user read it',
  );
});

it.each([
  ['*.jpg', ['.']],
  ['photos/*.jpg', ['photos']],
  ['/photos/2024/*/*.jpg', ['/photos/2024', '/photos/2024/*']],
  ['/*/a.jpg', ['/']],
  ['**/a.jpg', ['.', '**']],
  ['photos/**/*.jpg', ['photos', 'photos/**', 'photos/**']],
  ['photos/{a,b/c}/x.jpg', ['photos']],
])('%s reads the folders %j', (pattern, folders) => {
  expect(folderPatterns(pattern)).toEqual(folders);
});
