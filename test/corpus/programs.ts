import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { describe } from 'vitest';

/** Debian's packages by program. Programs are run by path, because another one may have the same name. */
const packages = {
  convert: 'imagemagick',
  tiffcp: 'libtiff-tools',
  tiff2rgba: 'libtiff-tools',
  cjpeg: 'libjpeg-turbo-progs',
  avifdec: 'libavif-bin',
  avifenc: 'libavif-bin',
} as const;

type Program = keyof typeof packages;

function pathOf(program: string): string {
  return `/usr/bin/${program}`;
}

/** `describe` for tests that need the programs; skipped with a warning that names the missing packages. */
export function describeWithPrograms(name: string, body: () => void): void {
  const missing = Object.entries(packages).flatMap(([program, debian]) =>
    isExecutable(pathOf(program)) ? [] : [debian],
  );
  if (missing.length === 0) {
    describe(name, body);
    return;
  }
  console.warn(`skipped: ${name}: install Debian's ${[...new Set(missing)].join(', ')}`);
  describe.skip(name, () => {});
}

/** Runs a program. @returns what it wrote to its output @throws an error with what it reported */
export async function run(
  program: Program,
  args: readonly string[],
  input: Uint8Array = new Uint8Array(),
): Promise<Buffer> {
  const child = spawn(pathOf(program), args, { stdio: ['pipe', 'pipe', 'pipe'] });
  // A program that rejects its input does not read all of it.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const closed = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  const [output, errors, code] = await Promise.all([buffer(child.stdout), text(child.stderr), closed]);
  if (code !== 0) throw new Error(`${pathOf(program)} ${args.join(' ')}: ${errors.trim()}`);
  return output;
}

/** A copy of a TIFF in another layout or compression, by `tiffcp`. */
export function copyTiff(bytes: Uint8Array, args: readonly string[]): Promise<Buffer> {
  return convertFile('tiffcp', args, bytes, ['source.tif', 'target.tif']);
}

/** Runs a program that reads and writes files, whose names show their formats. */
export async function convertFile(
  program: Program,
  args: readonly string[],
  bytes: Uint8Array,
  names: readonly [source: string, target: string],
): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'inception-batch-corpus-'));
  try {
    const [source, target] = [join(folder, names[0]), join(folder, names[1])];
    await writeFile(source, bytes);
    await run(program, [...args, source, target]);
    return await readFile(target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
