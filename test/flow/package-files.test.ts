import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { repository } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Outputs of other scripts, which write to `dist` too. */
const others = ['dist/cdk/pack/index.js', 'dist/worker-image/worker.mjs'];
const library = ['dist/index.js', 'dist/cli/main.js', 'dist/page/index.html'];
let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
  cpSync(join(repository, 'package.json'), join(folder, 'package.json'));
  for (const file of [...others, ...library]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
});

it('the package has the library of dist, and no output of other scripts', () => {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const packed: unknown = JSON.parse(execFileSync('npm', args, { cwd: folder, encoding: 'utf8' }));
  const [{ files }] = z.tuple([z.object({ files: z.array(z.object({ path: z.string() })) })]).parse(packed);
  const inDist = files.map(({ path }) => path).filter((path) => path.startsWith('dist/'));
  expect(inDist.toSorted()).toEqual(library.toSorted());
});

it('after packing, only the page and the outputs of other scripts are left in dist', () => {
  const { scripts } = z
    .object({ scripts: z.object({ postpack: z.string() }) })
    .parse(JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')));
  execFileSync('sh', ['-c', scripts.postpack], { cwd: folder });
  const left = [...others, ...library].filter((file) => existsSync(join(folder, file)));
  expect(left).toEqual([...others, 'dist/page/index.html']);
});
