import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

// Builds the page into dist/page. npm runs this after `npm install` in the repository, and before packing.
const source = import.meta.dirname;
const target = join(source, '../../dist/page');

const { outputFiles } = await build({
  entryPoints: { gallery: join(source, 'main.tsx') },
  outdir: target,
  bundle: true,
  format: 'esm',
  target: 'es2023',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  legalComments: 'none',
  write: false,
});

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
