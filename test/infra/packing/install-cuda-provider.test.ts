import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, cp, mkdir, readFile, symlink } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type Finished, repository } from '../../support/cli.ts';
import { httpAnswers } from '../../support/http-answers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const installed = join(repository, 'node_modules');
const require = createRequire(join(installed, 'onnxruntime-node/package.json'));
const { version } = z.object({ version: z.string() }).parse(require('./package.json'));
const name = 'microsoft.ml.onnxruntime.gpu.linux';
const libraries = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'];
const tensorrt = 'libonnxruntime_providers_tensorrt.so';

const zip = new (require('adm-zip'))();
for (const library of [...libraries, tensorrt])
  zip.addFile(`runtimes/linux-x64/native/${library}`, Buffer.from(`this is ${library}`));
const nupkg: Buffer = zip.toBuffer();
const sha512 = createHash('sha512').update(nupkg).digest('base64');

const folder = temporaryFolder();
const binaries = join(folder, 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64');

beforeAll(async () => {
  await mkdir(binaries, { recursive: true });
  for (const path of ['package.json', 'script']) {
    const from = join(installed, 'onnxruntime-node', path);
    await cp(from, join(folder, 'node_modules/onnxruntime-node', path), { recursive: true });
  }
  await symlink(join(installed, 'adm-zip'), join(folder, 'node_modules/adm-zip'));
});

type Answer = (response: ServerResponse) => void;

/** A feed whose package is answered in turn; the last answer is repeated. */
async function startFeed(...answers: Answer[]): Promise<{ index: string; requests: string[] }> {
  const requests: string[] = [];
  const address: string = await httpAnswers(({ url = '' }, _body, response) => {
    requests.push(url);
    if (url === '/index.json') {
      response.end(
        JSON.stringify({ resources: [{ '@type': 'PackageBaseAddress/3.0.0', '@id': `${address}/packages/` }] }),
      );
    } else (answers.length > 1 ? answers.shift() : answers[0])?.(response);
  });
  return { index: `${address}/index.json`, requests };
}

function install(
  feed: string,
  environment: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<Finished> {
  const script = join(repository, 'infra/packing/install-cuda-provider.ts');
  const options = { cwd: folder, env: { ...process.env, NUGET_FEED: feed, ...environment } };
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

const wholePackage: Answer = (response) => response.end(nupkg);
const packagePath = `/packages/${name}/${version}/${name}.${version}.nupkg`;

it('the CUDA provider is unpacked next to the runtime, and its digest is printed', async () => {
  const { index, requests } = await startFeed(wholePackage);
  const { code, stdout, stderr } = await install(index, { CUDA_PROVIDER_SHA512: sha512 });
  expect(code, stderr).toBe(0);
  expect(requests).toEqual(['/index.json', packagePath]);
  expect(stdout).toBe(`${name} ${version}: ${nupkg.length} bytes, SHA-512 ${sha512}\n`);
  for (const library of libraries) expect(await readFile(join(binaries, library), 'utf8')).toBe(`this is ${library}`);
});

it('the TensorRT provider is unpacked only with --tensorrt: the GPU image does not use it', async () => {
  const { index } = await startFeed(wholePackage);
  await install(index);
  await expect(access(join(binaries, tensorrt))).rejects.toThrow('ENOENT');
  const { code, stderr } = await install(index, {}, ['--tensorrt']);
  expect(code, stderr).toBe(0);
  expect(await readFile(join(binaries, tensorrt), 'utf8')).toBe(`this is ${tensorrt}`);
});

it('a CUDA provider with another digest than the given one is not installed', async () => {
  const { index } = await startFeed(wholePackage);
  const { code, stderr } = await install(index, { CUDA_PROVIDER_SHA512: 'another' });
  expect(code).toBe(1);
  expect(stderr).toContain('CUDA_PROVIDER_SHA512 is another: another');
});

it('the download of the CUDA provider is repeated after an error of the server and after a lost connection', async () => {
  const unavailable: Answer = (response) => response.writeHead(503).end();
  const cut: Answer = (response) => {
    response.writeHead(200, { 'content-length': nupkg.length });
    response.write(nupkg.subarray(0, 10), () => response.destroy());
  };
  const { index, requests } = await startFeed(unavailable, cut, wholePackage);
  const { code, stderr } = await install(index);
  expect(code, stderr).toBe(0);
  expect(requests.filter((path) => path === packagePath)).toHaveLength(3);
});

it('the download of the CUDA provider is not repeated if the feed lacks it', async () => {
  const { index, requests } = await startFeed((response) => response.writeHead(404).end());
  const { code, stderr } = await install(index);
  expect(code).toBe(1);
  expect(stderr).toContain(`${packagePath}: HTTP status 404`);
  expect(requests).toEqual(['/index.json', packagePath]);
});
