import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';

/** Where a declaration names another file: `from './x.ts'`, `import('./x.ts')`. */
const relativeSpecifier = /((?:from|import)\s*\(?\s*')(\.{1,2}\/[^']+)\.ts(')/g;

const mapSchema = z.looseObject({ sources: z.tuple([z.string()]) });

/**
 * Completes what `tsc` wrote for the library. Declarations that no entry point reaches are removed, so that the package
 * does not promise them. The others import compiled files, and their maps lead to a copy of the source in `dist/source`.
 * @param repository folder of the sources
 * @param dist output of `tsc`
 * @param entries entry points in `dist`, such as `results/index.d.ts`
 */
export function finishLibrary(repository: string, dist: string, entries: readonly string[]): void {
  const reached = reachedDeclarations(dist, entries);
  for (const path of filesIn(dist).filter((name) => /\.d\.ts(\.map)?$/.test(name))) {
    if (!reached.has(path.replace(/\.map$/, ''))) rmSync(join(dist, path));
  }
  rmSync(join(dist, 'source'), { recursive: true, force: true });
  for (const path of reached) {
    const file = join(dist, path);
    writeFileSync(file, readFileSync(file, 'utf8').replace(relativeSpecifier, '$1$2.js$3'));
    const source = path.replace(/\.d\.ts$/, '.ts');
    const copy = join(dist, 'source', source);
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(join(repository, source), copy);
    const map = mapSchema.parse(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
    writeFileSync(`${file}.map`, JSON.stringify({ ...map, sources: [relative(dirname(file), copy)] }));
  }
}

/** Paths of the declarations that the entry points import, themselves included. */
function reachedDeclarations(dist: string, entries: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    const text = readFileSync(join(dist, path), 'utf8');
    const targets = Array.from(text.matchAll(relativeSpecifier), ([, , target = '']) => `${target}.d.ts`);
    waiting.push(...targets.map((target) => join(dirname(path), target)));
  }
  return reached;
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' });
}

const packageSchema = z.object({
  exports: z.record(z.string(), z.union([z.string(), z.object({ types: z.string() })])),
});

if (import.meta.main) {
  const repository = join(import.meta.dirname, '../..');
  const { exports } = packageSchema.parse(JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')));
  const dist = join(repository, 'dist');
  const entries = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [] : [relative(dist, join(repository, target.types))],
  );
  finishLibrary(repository, dist, entries);
}
