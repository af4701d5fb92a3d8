import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matchPattern } from '../../../../cli/engine/classify/match-pattern.ts';
import { FolderStore } from '../../../../shared/stores/local/folder-store.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const root = temporaryFolder();

async function write(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(join(root, name, '..'), { recursive: true });
    await writeFile(join(root, name), '');
  }
}

/** Matches below the root, whose names must begin as the pattern does. */
async function matches(pattern: string): Promise<string[]> {
  return (await matchPattern(join(root, pattern))).map((path) => relative(root, String(path)));
}

describe('a pattern', () => {
  beforeAll(() =>
    write(
      ...['tree/a/1.jpg', 'tree/a/2.png', 'tree/a/.hidden.jpg', 'tree/a/.cache/3.jpg', 'tree/b/c/4.jpg'],
      ...['tree/b/folder.jpg/5.txt', 'tree/6.jpg'],
    ),
  );

  it.each([
    ['tree/*', ['tree/6.jpg']],
    ['tree/*/*.jpg', ['tree/a/1.jpg']],
    ['tree/**/*.jpg', ['tree/6.jpg', 'tree/a/1.jpg', 'tree/b/c/4.jpg']],
    ['tree/**', ['tree/6.jpg', 'tree/a/1.jpg', 'tree/a/2.png', 'tree/b/c/4.jpg', 'tree/b/folder.jpg/5.txt']],
    ['tree/**/**/4.jpg', ['tree/b/c/4.jpg']],
    ['tree/{a,*}/{1,2}.*', ['tree/a/1.jpg', 'tree/a/2.png']],
    ['tree/{a/1,b/c/4,missing/*}.jpg', ['tree/a/1.jpg', 'tree/b/c/4.jpg']],
    ['tree/a/.*', ['tree/a/.hidden.jpg']],
    ['tree/*/.cache/*', ['tree/a/.cache/3.jpg']],
    ['tree/6.jpg/*', []],
    ['tree/*/', []],
    ['tree/*/missing.jpg', []],
  ])('%s matches the files %j, each once', async (pattern, files) => {
    expect(await matches(pattern)).toEqual(files);
  });

  it('names files as it was typed', async () => {
    const typed = relative('', join(root, 'tree'));
    expect(typed).toMatch(/^\.\.\//);
    expect(await matchPattern(`${typed}/*/1.jpg`)).toEqual([`${typed}/a/1.jpg`]);
    expect(await matchPattern(`./${typed}//a/../*.jpg`)).toEqual([`./${typed}/a/../6.jpg`]);
    expect(await matchPattern('./package.jso?')).toEqual(['./package.json']);
    expect(await matchPattern('package.jso?')).toEqual(['package.json']);
  });
});

describe('links', () => {
  beforeAll(async () => {
    await write('links/a/1.jpg', 'links/a/deep/2.jpg');
    await symlink('a', join(root, 'links/b'));
    await symlink('loop', join(root, 'links/loop'));
    await symlink('.', join(root, 'links/here'));
    await symlink('../..', join(root, 'links/a/deep/up'));
    await symlink('missing', join(root, 'links/a/broken.jpg'));
  });

  it('to folders are followed', async () => {
    const inA = ['links/a/1.jpg', 'links/a/broken.jpg'];
    const inB = ['links/b/1.jpg', 'links/b/broken.jpg'];
    expect(await matches('links/{a,b}/*.jpg')).toEqual([...inA, ...inB]);
    expect(await matches('links/*/*.jpg')).toEqual([...inA, ...inB]);
    expect(await matches('links/*/1.jpg')).toEqual(['links/a/1.jpg', 'links/b/1.jpg']);
  });

  it('to a folder that contains them end **', async () => {
    expect(await matches('links/**/2.jpg')).toEqual(['links/a/deep/2.jpg', 'links/b/deep/2.jpg']);
    expect(await matches('links/*/**/2.jpg')).toEqual(
      expect.arrayContaining(['links/a/deep/2.jpg', 'links/b/deep/2.jpg']),
    );
  });

  it('to themselves or to nothing are matched by their name only', async () => {
    expect(await matches('links/lo*')).toEqual(['links/loop']);
    expect(await matches('links/loop/*.jpg')).toEqual([]);
    expect(await matches('links/*/broken.jpg')).toEqual(['links/a/broken.jpg', 'links/b/broken.jpg']);
  });
});

it('names that are not UTF-8 are matched, in a folder and as one', async () => {
  const odd = Buffer.concat([Buffer.from(join(root, 'odd/we')), Buffer.of(0xff), Buffer.from('rd')]);
  await mkdir(odd, { recursive: true });
  const files = ['1.jpg', '2.jpg'].map((name) => Buffer.concat([odd, Buffer.from(`/${name}`)]));
  for (const file of files) await writeFile(file, '');
  expect(await matchPattern(join(root, 'odd/*/*.jpg'))).toEqual(files);
  expect(await matchPattern(join(root, 'odd/we\uFFFDrd/*.jpg'))).toEqual(files);
});

describe('a pattern that reads a folder that cannot be listed', () => {
  // No user, not even root, can list a folder whose path is longer than the system allows.
  const long = 'd'.repeat(250);

  beforeAll(async () => {
    await write('photos/a/1.jpg', 'photos/z.jpg');
    const loop = `i=0; while [ $i -lt 17 ]; do mkdir ${long}; cd -P ${long}; i=$((i+1)); done`;
    execFileSync('sh', ['-c', loop], { cwd: join(root, 'photos') });
  });

  // The functions of Node cannot remove it either.
  afterAll(() => execFileSync('rm', ['-rf', join(root, 'photos')]));

  it('has the folder among its images, which are all found', async () => {
    const found = (await matchPattern(join(root, 'photos/**/*.jpg'))).map(String);
    expect(found.filter((name) => !name.includes(long))).toEqual(
      ['photos/a/1.jpg', 'photos/z.jpg'].map((name) => join(root, name)),
    );
    expect(found.filter((name) => name.includes(long))).toEqual([expect.stringMatching(/^\/.{4096,}$/)]);
  });

  it('finds only its images if it does not read that folder', async () => {
    expect(await matches('photos/*/*.jpg')).toEqual(['photos/a/1.jpg']);
  });

  it('rejects the folder with what to do', async () => {
    const folder = (await matchPattern(join(root, 'photos/**/*.jpg'))).map(String).find((name) => name.includes(long));
    const read = new FolderStore().read({ bucket: '/', key: folder?.slice(1) ?? '' }, { maxBytes: 9 });
    await expect(read).rejects.toMatchObject({
      reason: 'unreadable',
      message: expect.stringContaining('shorten the names of its folders'),
    });
  });
});

/** The matches that a user without the permissions of root finds. */
function matchesOfUser(pattern: string): unknown {
  const module = new URL('../../../../cli/engine/classify/match-pattern.ts', import.meta.url);
  const program = `
    const { matchPattern } = await import(${JSON.stringify(module.href)});
    if (process.getuid() === 0) for (const set of ['setgid', 'setuid']) process[set](65534);
    console.log(JSON.stringify(await matchPattern(${JSON.stringify(pattern)})));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: root });
  return JSON.parse(output.toString());
}

describe('a folder without permission', () => {
  beforeAll(async () => {
    await chmod(root, 0o755);
    await write('u/no/sub/x.png', 'u/a/sub/y.png');
    await symlink('no/sub', join(root, 'u/link'));
    await chmod(join(root, 'u/no'), 0);
  });
  afterAll(() => chmod(join(root, 'u/no'), 0o755));

  const read = 'u/a/sub/y.png';
  it.each([
    ['u/*/sub/*.png', [read, 'u/link', 'u/no']],
    ['u/{a,no}/sub/*.png', [read, 'u/no']],
    ['u/**/*.png', [read, 'u/link', 'u/no']],
    ['u/*/*/*.png', [read, 'u/link', 'u/no']],
    ['u/?o/sub/*', ['u/no']],
    ['u/no/sub/*.png', ['u/no']],
    ['u/no/{x,y}.png', ['u/no']],
    ['u/*/missing.png', ['u/link', 'u/no']],
    ['u/a/{no,sub}/*.png', [read]],
  ])('among the matches of %s is named only if it hides files: %j', (pattern, found) => {
    expect(matchesOfUser(pattern)).toEqual(found);
  });
});
