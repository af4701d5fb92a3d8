import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openBuildTools } from './build-tools.js';

// Builds the page into dist/page. npm runs this after `npm ci` in the repository, and before packing. JavaScript, because after
// `npm ci --omit=dev` it may run with a Node that reads no types.
const source = import.meta.dirname;
const target = join(source, '../../dist/page');

const { require, nodePaths, remove } = openBuildTools();
const { outputFiles } = await require('esbuild')
  .build({
    entryPoints: { gallery: join(source, 'main.tsx') },
    outdir: target,
    nodePaths,
    bundle: true,
    format: 'esm',
    target: 'es2023',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    write: false,
  })
  .finally(remove);

await mkdir(target, { recursive: true });
const copied = ['index.html', 'icon.svg'].map(async (name) => ({ name, bytes: await readFile(join(source, name)) }));
const files = [
  ...outputFiles.map(({ path, contents }) => ({ name: basename(path), bytes: contents })),
  ...(await Promise.all(copied)),
];
for (const { name, bytes } of files) {
  // Atomic replacement: a gallery that starts during the build reads complete files.
  const partial = join(target, `.${randomUUID()}`);
  await writeFile(partial, bytes);
  await rename(partial, join(target, name));
}
