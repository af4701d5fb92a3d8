import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../support/cli.ts';
import { importCircles, reachedFrom, readImports, topFolders } from './imports.ts';

/** The other folders that each folder may import. */
const layers: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  results: ['shared'],
  jobs: ['results', 'shared'],
  lambdas: ['jobs', 'results', 'shared'],
  model: ['shared'],
  plan: ['jobs', 'results', 'shared'],
  gallery: ['jobs', 'results', 'shared'],
  infra: ['lambdas', 'shared'],
  cli: ['gallery', 'plan', 'model', 'lambdas', 'jobs', 'results', 'shared'],
  demo: ['cli', 'model', 'shared'],
  examples: [],
  bench: ['cli', 'plan', 'model', 'lambdas', 'jobs', 'results', 'shared'],
};

const deployed = [
  'lambdas/ingest/index.ts',
  'lambdas/classify/index.ts',
  'lambdas/classify/process/main.ts',
  'lambdas/compact/index.ts',
  'lambdas/jobs/index.ts',
  'lambdas/watch/index.ts',
];

const imports = readImports();
const folderOf = (file: string) => file.slice(0, file.indexOf('/'));
const folders = [...new Set(Array.from(imports.keys(), folderOf))];

/** The folders inside a folder, with the others among them that each imports. */
function subfolders(parent: string): Map<string, string[]> {
  const nameOf = (file: string) => file.slice(0, file.indexOf('/', parent.length));
  const found = new Map<string, string[]>();
  for (const [file, imported] of imports) {
    if (!file.startsWith(parent)) continue;
    const names = imported.filter((path) => path.startsWith(parent)).map(nameOf);
    const others = names.filter((name) => name !== nameOf(file));
    found.set(nameOf(file), [...new Set([...(found.get(nameOf(file)) ?? []), ...others])]);
  }
  return found;
}

describe('the layers of the sources', () => {
  it('name every folder with sources', () => {
    expect(folders.toSorted()).toEqual(Object.keys(layers).toSorted());
  });

  it.each(Object.entries(layers))('%s imports only %j', (folder, allowed) => {
    const wrong = Array.from(imports)
      .filter(([file]) => folderOf(file) === folder)
      .flatMap(([file, imported]) => imported.map((path) => ({ file, path })))
      .filter(({ path }) => folderOf(path) !== folder && !allowed.includes(folderOf(path)));
    expect(wrong.map(({ file, path }) => `${file} imports ${path}`)).toEqual([]);
  });

  it('have no circle of files that import each other', () => {
    expect(importCircles(imports).map((circle) => circle.join(' -> '))).toEqual([]);
  });

  it('have no circle of folders inside shared/', () => {
    expect(importCircles(subfolders('shared/')).map((circle) => circle.join(' -> '))).toEqual([]);
  });

  it('keep options and printing out of cli/engine/', () => {
    const wrong = Array.from(imports)
      .filter(([file]) => file.startsWith('cli/engine/'))
      .flatMap(([file, imported]) => imported.map((path) => `${file} imports ${path}`))
      .filter((line) => / imports cli\/(commands|terminal)\//.test(line));
    expect(wrong).toEqual([]);
  });

  it.each(deployed)('keep plan/ and model/ out of %s', (entry) => {
    expect(imports.has(entry)).toBe(true);
    const reached = [...reachedFrom([entry], imports)];
    expect(reached.length).toBeGreaterThan(10);
    expect(reached.filter((file) => ['plan', 'model'].includes(folderOf(file)))).toEqual([]);
  });

  it('leave no file directly in shared/, and at most 15 folders at the top', () => {
    const inShared = [...imports.keys()].filter((file) => /^shared\/[^/]+$/.test(file));
    const top = topFolders();
    console.info(
      `${top.length} top-level folders, ${inShared.length} files directly in shared/, ` +
        `${importCircles(imports).length} circles between ${imports.size} files`,
    );
    expect(inShared).toEqual([]);
    expect(top.length).toBeLessThanOrEqual(15);
  });

  it('are described in docs/architecture.md, folder by folder', () => {
    const page = readFileSync(join(repository, 'docs/architecture.md'), 'utf8');
    expect(folders.filter((folder) => !page.includes(`\`${folder}/\``))).toEqual([]);
  });
});

describe('reading the layers', () => {
  const made = new Map([
    ['a/one.ts', ['a/two.ts']],
    ['a/two.ts', ['b/three.ts']],
    ['b/three.ts', ['a/one.ts', 'b/four.ts']],
    ['b/four.ts', []],
  ]);

  it('finds a circle through several files', () => {
    expect(importCircles(made)).toEqual([['a/one.ts', 'a/two.ts', 'b/three.ts']]);
  });

  it('follows imports to the end', () => {
    expect([...reachedFrom(['b/three.ts'], made)].toSorted()).toEqual([
      'a/one.ts',
      'a/two.ts',
      'b/four.ts',
      'b/three.ts',
    ]);
  });

  it('sees types, values, dynamic imports and threads', () => {
    const session = imports.get('shared/inference/lane.ts') ?? [];
    expect(session).toContain('shared/inference/session-thread.ts');
    expect(imports.get('cli/main.ts')).toContain('cli/commands/run.ts');
    expect(imports.get('cli/inception-batch.js')).toContain('cli/main.ts');
  });
});
