import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assembleImage } from '../../../support/assemble-image.ts';
import { testFolder } from '../../../support/test-folder.ts';

/** Assembles an image from a context with `a.txt`, `hidden.txt` and `sub/b.txt`. */
async function assemble(dockerfile: string) {
  const folder = await testFolder();
  const context = join(folder, 'context');
  const into = join(folder, 'into');
  await mkdir(join(context, 'sub'), { recursive: true });
  await mkdir(into);
  await writeFile(join(context, '.dockerignore'), '*\n!a.txt\n!sub\n');
  for (const file of ['a.txt', 'hidden.txt', 'sub/b.txt']) await writeFile(join(context, file), file);
  const path = join(folder, 'Dockerfile');
  await writeFile(path, dockerfile);
  return assembleImage(path, { context, into });
}

describe('assembleImage', () => {
  it('copies as an engine does: files into folders, the content of folders, between stages', async () => {
    const image = await assemble(
      [
        '# A comment',
        'FROM node:1 AS first',
        'WORKDIR /build',
        'COPY . ./',
        'COPY sub ./under',
        'FROM node:1',
        'WORKDIR /app',
        'COPY --from=first /build/a.txt /build/under ./',
        'COPY a.txt renamed.txt',
        'ENV A=1 \\',
        '    B="two words"',
        'USER 7:8',
        'ENTRYPOINT ["node", "main.ts"]',
      ].join('\n'),
    );
    expect((await readdir(join(image.root, 'app'))).sort()).toEqual(['a.txt', 'b.txt', 'renamed.txt']);
    expect((await readdir(join(image.root, '../first/build'), { recursive: true })).sort()).toEqual([
      'a.txt',
      'sub',
      'sub/b.txt',
      'under',
      'under/b.txt',
    ]);
    expect(await readFile(join(image.root, 'app/renamed.txt'), 'utf8')).toBe('a.txt');
    expect(image).toMatchObject({
      workdir: '/app',
      env: { A: '1', B: 'two words' },
      user: '7:8',
      entrypoint: ['node', 'main.ts'],
    });
  });

  it.each([
    ['ADD a.txt ./', 'ADD is not known here'],
    ['RUN curl example.org', 'RUN curl example.org is not known here'],
    ['RUN node a.ts && rm -rf /', 'RUN node a.ts && rm -rf / is not known here'],
    ['RUN npm install', 'RUN npm install is not known here'],
    ['COPY --chown=1 a.txt ./', 'COPY --chown=1 a.txt ./ is not known here'],
    ['COPY --from=nowhere a.txt ./', 'COPY --from=nowhere a.txt ./ is not known here'],
    ['COPY a.txt sub there', 'several files go into a folder, "there" is none'],
    ['COPY missing.txt ./', 'ENOENT'],
  ])('does not guess what %s means', async (instruction, text) => {
    await expect(assemble(`FROM node:1\n${instruction}\n`)).rejects.toThrow(text);
  });
});
