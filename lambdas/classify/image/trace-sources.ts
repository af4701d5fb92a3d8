import { readFileSync } from 'node:fs';
import { builtinModules, stripTypeScriptTypes } from 'node:module';
import { join, normalize } from 'node:path';

/** What a program is made of. */
export interface Sources {
  /** Files of the repository, relative to it. */
  readonly files: ReadonlySet<string>;
  /** Names of the packages that they load. */
  readonly packages: ReadonlySet<string>;
}

const staticImport = /^(?:import|export)\b[^'"`;]*?\bfrom\s*'([^']+)'|^import\s*'([^']+)'/gm;
const dynamicImport = /\bimport\(\s*'([^']+)'\s*\)/g;
/** How a thread is started here: by a file beside this one, with the extension that this one has. */
const besideImport =
  /\bnew URL\(\s*[`'](\.[\w./-]*?)(?:\.ts|\$\{extname\(import\.meta\.url\)\})[`'],\s*import\.meta\.url,?\s*\)/g;

/**
 * Follows the imports of a program as Node does: types are stripped first, so what is imported for its type alone is
 * not there. A way of loading that is not known here is an error, not a file that is missing later.
 * @param repository absolute path
 * @param entries files that are run, relative to the repository
 */
export function traceSources(repository: string, entries: readonly string[]): Sources {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    for (const specifier of importsOf(readFileSync(join(repository, file), 'utf8'), file)) {
      if (specifier.startsWith('.')) visit(normalize(join(file, '..', specifier)));
      else if (!isBuiltin(specifier)) packages.add(packageOf(specifier));
    }
  };
  for (const entry of entries) visit(normalize(entry));
  return { files, packages };
}

/** What a source loads, as it spells it. */
export function importsOf(source: string, file: string): string[] {
  const code = stripTypeScriptTypes(source);
  const named = [...code.matchAll(staticImport), ...code.matchAll(dynamicImport)].map(
    ([, from, alone]) => from ?? alone,
  );
  const beside = [...code.matchAll(besideImport)].map(([, path]) => `${path}.ts`);
  const rest = code.replaceAll(dynamicImport, '').replaceAll(besideImport, '');
  const unknown = /\bimport\(.*|\bimport\.meta\b.*|\bcreateRequire\b.*/.exec(rest);
  if (unknown) throw new Error(`${file} loads something in a way that is not known here: ${unknown[0]}`);
  return [...named.filter((name) => name !== undefined), ...beside];
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}

/** `@scope/name` of `@scope/name/path`, `name` of `name/path`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
