import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { extractFolder } from '../../../model/catalog/extract-folder.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function archiveOf(files: Readonly<Record<string, string>>, options: readonly string[] = []) {
  const folder = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, 'content', path, '..'), { recursive: true });
    await writeFile(join(folder, 'content', path), content);
  }
  await symlink('/etc/passwd', join(folder, 'content/package/model/link'));
  const archive = join(folder, 'archive.tgz');
  execFileSync('tar', ['--format=ustar', ...options, '-czf', archive, '-C', join(folder, 'content'), 'package']);
  return archive;
}

describe('a folder of an archive', () => {
  it('is extracted without its subfolders, links and neighbors', async () => {
    const deep = 'deep/'.repeat(20);
    const archive = await archiveOf({
      'package/model/model.json': '{}',
      'package/model/weights.bin': 'w'.repeat(1000),
      'package/model/empty.bin': '',
      'package/model/sub/other.bin': 'x',
      [`package/${deep}model.json`]: 'x',
      'package/model2/model.json': 'x',
    });
    const out = temporaryFolder();
    await extractFolder(archive, 'package/model', out);
    expect((await readdir(out)).toSorted()).toEqual(['empty.bin', 'model.json', 'weights.bin']);
    expect(await readFile(join(out, 'weights.bin'), 'utf8')).toBe('w'.repeat(1000));
  });

  it('can have a path longer than 100 characters', async () => {
    const folder = `package/${'long-name/'.repeat(12)}model`;
    const archive = await archiveOf({ 'package/model/x': '', [`${folder}/model.json`]: '{}' });
    const out = temporaryFolder();
    await extractFolder(archive, folder, out);
    expect(await readdir(out)).toEqual(['model.json']);
  });

  it('must be in the archive', async () => {
    const archive = await archiveOf({ 'package/model/model.json': '{}' });
    await expect(extractFolder(archive, 'package/other', temporaryFolder())).rejects.toThrow(
      'has no files in package/other',
    );
  });

  it.each([
    ['not compressed', Buffer.from('text')],
    ['compressed text', gzipSync('text'.repeat(1000))],
  ])('is not found in a file that is %s', async (_, bytes) => {
    const archive = join(temporaryFolder(), 'archive.tgz');
    await writeFile(archive, bytes);
    await expect(extractFolder(archive, 'package', temporaryFolder())).rejects.toThrow(`the archive ${archive} `);
  });
});
