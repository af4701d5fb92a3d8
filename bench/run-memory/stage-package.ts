import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '../..');

/** Compiles a tree of sources as the package does. @param folder of the new package @returns the path of its command */
export function stagePackage(sources: string, folder: string): string {
  const modules = join(repository, 'node_modules');
  const tsc = join(modules, 'typescript/bin/tsc');
  const options = ['--outDir', join(folder, 'dist'), '--declaration', 'false', '--declarationMap', 'false'];
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', ...options], { cwd: sources, stdio: 'inherit' });
  mkdirSync(join(folder, 'cli'));
  for (const file of ['package.json', 'cli/inception-batch.js']) cpSync(join(sources, file), join(folder, file));
  symlinkSync(modules, join(folder, 'node_modules'));
  return join(folder, 'cli/inception-batch.js');
}

/** The sources of a commit, without changing the working tree. @param folder the new folder */
export function sourcesOf(commit: string, folder: string): void {
  mkdirSync(folder);
  const archive = execFileSync('git', ['archive', commit], { cwd: repository, maxBuffer: 2 ** 30 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
}
