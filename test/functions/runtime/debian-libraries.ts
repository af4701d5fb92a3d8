import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from './run-tool.ts';

/** What Node and native packages need; Lambda's image has them too. */
const libraries = ['libc6', 'libstdc++6', 'libgcc-s1'];

/**
 * Downloads Debian's C and C++ libraries of an architecture and unpacks them into a folder. apt keeps its lists next to it,
 * so that the architecture is not added to this machine.
 */
export function unpackLibraries(architecture: string, folder: string): void {
  const state = `${folder}-apt`;
  for (const path of ['lists/partial', 'cache/archives/partial', 'packages'])
    mkdirSync(join(state, path), { recursive: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(state, 'status'), '');
  const settings = {
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'Dir::State': state,
    'Dir::State::Lists': join(state, 'lists'),
    'Dir::State::status': join(state, 'status'),
    'Dir::Cache': join(state, 'cache'),
    // The user of apt may not write here.
    'APT::Sandbox::User': '',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const cwd = join(state, 'packages');
  runTool('apt-get', [...options, 'update'], { cwd });
  runTool('apt-get', [...options, 'download', ...libraries], { cwd });
  for (const file of readdirSync(cwd)) runTool('dpkg-deb', ['-x', file, folder], { cwd });
}
