import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Removes binaries that Node on a platform does not load: onnxruntime's for four other platforms, 240 MB, and two copies of
 * parquet-wasm for bundlers and browsers, 10 MB.
 * @param folder the folder with `node_modules`; nothing happens for packages that are not installed there
 * @throws {Error} if the package has no binaries for the platform
 */
export function keepBinaries(folder: string, platform: string, arch: string): void {
  for (const copy of ['bundler', 'esm'])
    rmSync(join(folder, 'node_modules/parquet-wasm', copy), { recursive: true, force: true });
  const binaries = join(folder, 'node_modules/onnxruntime-node/bin/napi-v6');
  if (!existsSync(binaries)) return;
  const available = readdirSync(binaries).flatMap((system) =>
    readdirSync(join(binaries, system)).map((processor) => join(system, processor)),
  );
  const kept = join(platform, arch);
  if (!available.includes(kept))
    throw new Error(`onnxruntime-node has no binaries for ${kept}, only for ${available.join(', ')}`);
  for (const name of available) if (name !== kept) rmSync(join(binaries, name), { recursive: true });
}

// In an image: for the platform of the image, in the current folder.
if (import.meta.main) keepBinaries(process.cwd(), process.platform, process.arch);
