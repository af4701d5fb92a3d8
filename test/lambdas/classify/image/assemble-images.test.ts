import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assembleImages } from '../../../support/assemble-images.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** Assembles the stages of a Dockerfile from a context with `a.txt`, `hidden.txt` and `sub/b.txt`. */
async function assemble(dockerfile: string) {
  const folder = temporaryFolder();
  const context = join(folder, 'context');
  const into = join(folder, 'into');
  await mkdir(join(context, 'sub'), { recursive: true });
  await mkdir(into);
  await writeFile(join(context, '.dockerignore'), '*\n!a.txt\n!sub\n');
  for (const file of ['a.txt', 'hidden.txt', 'sub/b.txt']) await writeFile(join(context, file), file);
  const path = join(folder, 'Dockerfile');
  await writeFile(path, dockerfile);
  return assembleImages(path, { context, into });
}

describe('assembleImages', () => {
  it('copies as an engine does: files into folders, the contents of folders, between stages', async () => {
    const { first, last } = await assemble(
      [
        '# A comment',
        'FROM node:1 AS first',
        'WORKDIR /build',
        'COPY . ./',
        'COPY sub ./under',
        'FROM node:1 AS last',
        'WORKDIR /app',
        'COPY --from=first /build/*.txt /build/under ./',
        'COPY a.txt renamed.txt',
        'ENV A=1 \\',
        '    B="two words"',
        'USER 7:8',
        'ENTRYPOINT ["node", "main.ts"]',
      ].join('\n'),
    );
    expect((await readdir(join(String(last?.root), 'app'))).sort()).toEqual(['a.txt', 'b.txt', 'renamed.txt']);
    const built = await readdir(join(String(first?.root), 'build'), { recursive: true });
    expect(built.sort()).toEqual(['a.txt', 'sub', 'sub/b.txt', 'under', 'under/b.txt']);
    expect(await readFile(join(String(last?.root), 'app/renamed.txt'), 'utf8')).toBe('a.txt');
    expect(last).toMatchObject({
      workdir: '/app',
      env: { A: '1', B: 'two words' },
      user: '7:8',
      entrypoint: ['node', 'main.ts'],
    });
  });

  it.each([
    ['ADD a.txt ./', 'ADD is not supported here'],
    ['RUN curl example.org', 'RUN curl example.org is not supported here'],
    ['RUN node a.ts && rm -rf /', 'RUN node a.ts && rm -rf / is not supported here'],
    ['RUN npm install', 'RUN npm install is not supported here'],
    ['COPY --chown=1 a.txt ./', 'COPY --chown=1 a.txt ./ is not supported here'],
    ['COPY --from=nowhere a.txt ./', 'COPY --from=nowhere a.txt ./ is not supported here'],
    ['COPY a.txt sub there', 'several files need a folder, "there" is not one'],
    ['COPY missing.txt ./', 'ENOENT'],
    ['COPY *.md ./', 'no file matches *.md'],
  ])('rejects %s', async (instruction, text) => {
    await expect(assemble(`FROM node:1\n${instruction}\n`)).rejects.toThrow(text);
  });
});
