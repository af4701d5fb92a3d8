import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { FileSystem } from 'aws-cdk-lib';
import { expect, it } from 'vitest';
import { functionPrograms } from '../../infra/packing/function-programs.ts';
import { readLock } from '../../infra/packing/lock.ts';
import { packFunction } from '../../infra/packing/pack-function.ts';
import { repository } from '../support/cli.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { cdkSynth, violationsIn } from './run-app.ts';

// The functions as `cdk synth` packs them for Lambda on arm64. They run in test/functions.
const output = join(temporaryFolder(), 'synth');
const { code, stdout, stderr } = await cdkSynth(output, { model: await makeTinyModel(), classifier: 'lambda' });
expect(code, stderr).toBe(0);
expect(stderr + stdout).not.toMatch(/AwsSolutions|ERROR/);
expect(violationsIn(output)).toEqual([]);

// Lambda allows 250 MB unpacked.
const contents: readonly [name: string, packages: readonly string[], maxMegabytes: number][] = [
  ['ingest', ['parquet-wasm', 'sharp'], 30],
  ['classify', ['onnxruntime-node', 'parquet-wasm'], 40],
  ['compact', ['@duckdb/node-api', 'parquet-wasm'], 75],
  ['jobs', ['@duckdb/node-api', 'parquet-wasm'], 75],
  ['watch', [], 5],
];

it('the template has the functions that are tested here', () => {
  const names = contents.map(([name]) => name);
  expect(readdirSync(output).map(nameOf).filter(Boolean).toSorted()).toEqual(names.toSorted());
});

it.each(contents)('the packed %s function contains only what it needs, for Linux on arm64', (...expected) => {
  const [name, packages, maxMegabytes] = expected;
  const folder = assetOf(name);
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  expect(Object.keys(dependencies)).toEqual(packages);
  const files = filesBelow(folder);
  const binaries = files.filter((file) => /\.(node|so(\.[\d.]+)?|dll|dylib)$/.test(file));
  expect(binaries.length > 0).toBe(packages.length > 0);
  for (const binary of binaries) {
    expect(machineOf(binary), binary).toBe(arm64);
    expect(newerThanLambda(binary), binary).toEqual([]);
  }
  const top = files.map((file) => relative(folder, file)).filter((file) => !file.startsWith('node_modules/'));
  const others = top.filter((file) => !file.endsWith('.mjs'));
  expect(others.toSorted()).toEqual(['package-lock.json', 'package.json']);
  const megabytes = files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6;
  console.log(`${name}: ${megabytes.toFixed(1)} MB unpacked, ${files.length} files`);
  expect(megabytes).toBeLessThan(maxMegabytes);
});

it.each(contents.map(([name]) => name))(
  'the packed %s function can be read by the user that Lambda runs it as',
  (name) => {
    const closed = filesBelow(assetOf(name)).filter((file) => (statSync(file).mode & 0o004) === 0);
    expect(closed).toEqual([]);
  },
);

it('the lock of a function contains its packages and no others', () => {
  const paths = Object.keys(readLock(assetOf('jobs')).packages);
  expect(paths.filter((path) => !/^$|@duckdb|parquet-wasm|detect-libc/.test(path))).toEqual([]);
});

it('the same sources and lock are packed into the same files', () => {
  const [first, second] = [temporaryFolder(), temporaryFolder()];
  for (const folder of [first, second]) packFunction(repository, functionPrograms.ingest, folder);
  expect(FileSystem.fingerprint(first)).toBe(FileSystem.fingerprint(second));
});

it('the process that decodes images loads no schemas, which take longer to load than the rest', () => {
  expect(statSync(join(assetOf('ingest'), 'decoder-program.mjs')).size).toBeLessThan(400_000);
});

it('the bundle of the ingest function contains no inference', () => {
  expect(readFileSync(join(assetOf('ingest'), 'index.mjs'), 'utf8')).not.toContain('InferenceSession');
});

function assetOf(name: string): string {
  const asset = readdirSync(output).find((entry) => nameOf(entry) === name);
  if (asset === undefined) throw new Error(`no asset contains the ${name} function`);
  return join(output, asset);
}

/** The name of the function in an entry of the output: the folder of its entry point in `lambdas/`. */
function nameOf(entry: string): string | undefined {
  const bundle = join(output, entry, 'index.mjs');
  if (!entry.startsWith('asset.') || !existsSync(bundle)) return undefined;
  return /^\/\/ lambdas\/(\w+)\/index\.ts$/m.exec(readFileSync(bundle, 'utf8'))?.[1];
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** The architecture at byte 18 of an ELF header. */
const arm64 = 183;
function machineOf(file: string): number {
  const header = readFileSync(file).subarray(0, 20);
  return header.subarray(0, 4).toString('latin1') === '\x7fELF' ? header.readUInt16LE(18) : Number.NaN;
}

/** Amazon Linux 2023, on which Lambda runs Node 24, has glibc 2.34 and the C++ library of GCC 11. */
const ofLambda: Readonly<Record<string, readonly number[]>> = {
  GLIBC: [2, 34],
  GLIBCXX: [3, 4, 29],
  CXXABI: [1, 3, 13],
};

/** The versions of the C and C++ libraries that a binary needs and Lambda does not have. */
function newerThanLambda(file: string): string[] {
  const needed = readFileSync(file)
    .toString('latin1')
    .matchAll(/\0(GLIBC|GLIBCXX|CXXABI)_([\d.]+)(?=\0)/g);
  const newer = [...needed].filter(([, library = '', version = '']) => {
    const parts = version.split('.').map(Number);
    const known = ofLambda[library] ?? [];
    const difference = parts.map((part, n) => part - (known[n] ?? 0)).find((each) => each !== 0) ?? 0;
    return difference > 0;
  });
  return newer.map(([, library, version]) => `${library}_${version}`);
}
