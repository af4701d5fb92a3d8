import { mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { expect, it } from 'vitest';
import { zipFolder } from '../../../infra/packing/zip-folder.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Two files, one of them executable, that were changed at a time. */
function writeFiles(seconds: number): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules/tool'), { recursive: true });
  for (const [path, mode] of [
    ['index.mjs', 0o644],
    ['node_modules/tool/run', 0o755],
  ] as const) {
    writeFileSync(join(folder, path), `the contents of ${path}`, { mode });
    utimesSync(join(folder, path), seconds, seconds);
  }
  return folder;
}

function zipOf(folder: string): Buffer {
  const file = join(temporaryFolder(), 'packed.zip');
  zipFolder(folder, file);
  return readFileSync(file);
}

it('a ZIP file has every file of its folder', () => {
  const contents = Object.entries(unzipSync(zipOf(writeFiles(1e9))));
  expect(contents.map(([name, bytes]) => [name, Buffer.from(bytes).toString()])).toEqual([
    ['index.mjs', 'the contents of index.mjs'],
    ['node_modules/tool/run', 'the contents of node_modules/tool/run'],
  ]);
});

it('equal folders give equal ZIP files, whenever they were written', () => {
  expect(zipOf(writeFiles(1e9)).equals(zipOf(writeFiles(1.5e9)))).toBe(true);
});

it('files can be read by everyone, and executable ones can be run', () => {
  const zip = zipOf(writeFiles(1e9));
  const modes: string[] = [];
  // The central directory has an entry for each file, with its mode in the upper half of its attributes.
  for (let at = zip.indexOf('PK\x01\x02', 'latin1'); at >= 0; at = zip.indexOf('PK\x01\x02', at + 4, 'latin1')) {
    modes.push((zip.readUInt32LE(at + 38) >>> 16).toString(8));
  }
  expect(modes).toEqual(['100644', '100755']);
});

it('a link is refused, since Lambda would not follow it', () => {
  const folder = writeFiles(1e9);
  symlinkSync('index.mjs', join(folder, 'link'));
  expect(() => zipOf(folder)).toThrow(/link is a link: copy the file instead$/);
});
