import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

// Runs in a build stage of the GPU image, in the folder with node_modules; and with --tensorrt, as `npm run install:cuda`, in a checkout,
// for the TensorRT provider too. onnxruntime-node's own install script downloads the
// same package, but from one fixed feed, and without following redirects. It calls the provider "cuda12"; since version 1.27 the
// package contains that of CUDA 13.
const runtime = join(process.cwd(), 'node_modules/onnxruntime-node');
const require = createRequire(join(runtime, 'package.json'));
const parts = ['cuda', 'shared', ...(process.argv.includes('--tensorrt') ? ['tensorrt'] : [])];
const files = parts.map((part) => `libonnxruntime_providers_${part}.so`);

const metadata: unknown = require('./script/install-metadata.js');
const version = textAt(require('./package.json'), ['version']);
const name = textAt(metadata, ['packages', 'nuget:linux/x64:cuda12', 'name']).toLowerCase();
const feed = process.env['NUGET_FEED'] || textAt(metadata, ['feeds', 'nuget', 'index']);

// Neither onnxruntime-node nor the feed's index has a digest of the package: without one from you, who controls the feed chooses
// what is installed.
const expected = process.env['CUDA_PROVIDER_SHA512'];
const nupkg = await download(`${await packageAddress(feed)}/${name}/${version}/${name}.${version}.nupkg`);
const sha512 = createHash('sha512').update(nupkg).digest('base64');
console.log(`${name} ${version}: ${nupkg.length} bytes, SHA-512 ${sha512}`);
if (expected && expected !== sha512) throw new Error(`CUDA_PROVIDER_SHA512 is another: ${expected}`);
const zip = new (require('adm-zip'))(nupkg);
for (const file of files) {
  // Checks the CRC of what it unpacks.
  const content: unknown = zip.readFile(`runtimes/linux-x64/native/${file}`);
  if (!Buffer.isBuffer(content) || content.length === 0) throw new Error(`${name} ${version} does not contain ${file}`);
  writeFileSync(join(runtime, 'bin/napi-v6/linux/x64', file), content);
}

/** The address of a feed's packages, from its service index. */
async function packageAddress(index: string): Promise<string> {
  const { resources }: { resources?: unknown } = JSON.parse((await download(index)).toString());
  const found = Array.isArray(resources) && resources.find((entry) => entry['@type'] === 'PackageBaseAddress/3.0.0');
  if (!found) throw new Error(`${index} is not the index of a NuGet feed: it has no PackageBaseAddress/3.0.0`);
  return textAt(found, ['@id']).replace(/\/$/, '');
}

/** Repeats what may be a passing failure: the package has hundreds of megabytes. */
async function download(url: string, attempts = 3): Promise<Buffer> {
  const { status, body, reason } = await request(url);
  if (body !== undefined) return body;
  const isTransient = status === undefined || status === 429 || status >= 500;
  if (attempts === 1 || !isTransient) throw new Error(`cannot download ${url}: ${reason}`);
  console.warn(`cannot download ${url}: ${reason}; trying again`);
  await setTimeout(1000);
  return download(url, attempts - 1);
}

async function request(url: string): Promise<{ status?: number; body?: Buffer; reason?: string }> {
  try {
    const response = await fetch(url);
    const { status } = response;
    return response.ok
      ? { status, body: Buffer.from(await response.arrayBuffer()) }
      : { status, reason: `HTTP status ${status}` };
  } catch (error) {
    return { reason: String((error instanceof Error && error.cause) || error) };
  }
}

function textAt(value: unknown, path: readonly string[]): string {
  const found = path.reduce<unknown>(
    (inner, key) => Object.entries(inner ?? {}).find(([name]) => name === key)?.[1],
    value,
  );
  if (typeof found !== 'string')
    throw new Error(`onnxruntime-node or the feed has changed: no text at ${path.join('.')}`);
  return found;
}
