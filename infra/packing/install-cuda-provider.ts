import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

// Runs in a build stage of the GPU image, in the folder with node_modules. onnxruntime-node's own install script downloads the
// same package, but from one fixed feed, and without following redirects. It calls the provider "cuda12"; since version 1.27 the
// package contains that of CUDA 13.
const runtime = join(process.cwd(), 'node_modules/onnxruntime-node');
const require = createRequire(join(runtime, 'package.json'));
const files = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'];

const metadata: unknown = require('./script/install-metadata.js');
const version = textAt(require('./package.json'), ['version']);
const name = textAt(metadata, ['packages', 'nuget:linux/x64:cuda12', 'name']).toLowerCase();
const feed = process.env['NUGET_FEED'] || textAt(metadata, ['feeds', 'nuget', 'index']);

// Neither onnxruntime-node nor the feed's index has a digest of the package: who controls the feed chooses what is installed.
const nupkg = await download(`${await packageAddress(feed)}/${name}/${version}/${name}.${version}.nupkg`);
const sha512 = createHash('sha512').update(nupkg).digest('base64');
console.log(`${name} ${version}: ${nupkg.length} bytes, SHA-512 ${sha512}`);
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

async function download(url: string): Promise<Buffer> {
  const response = await fetch(url).catch((error: Error) => {
    throw new Error(`cannot download ${url}: ${error.cause ?? error}`);
  });
  if (!response.ok) throw new Error(`cannot download ${url}: HTTP status ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
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
