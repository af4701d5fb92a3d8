import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestFile } from '../shared/model-directory.ts';
import { type ModelManifest, parseManifest } from '../shared/model-manifest.ts';
import { networkFile, replaceDirectory } from './import/replace-directory.ts';

/**
 * Writes a model directory for a network that was made of another and takes and gives the same: preprocessing, labels
 * and source are those of the other.
 * @param name of the model, lower case
 * @throws {UserError} when `out` cannot be replaced
 */
export async function writeDerivedModel(
  out: string,
  parent: ModelManifest,
  name: string,
  network: Uint8Array,
): Promise<ModelManifest> {
  const sha256 = createHash('sha256').update(network).digest('hex');
  const manifest = parseManifest({ ...parent, name, file: networkFile, sha256 });
  await replaceDirectory(out, async (directory) => {
    await writeFile(join(directory, networkFile), network);
    await writeFile(join(directory, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
  });
  return manifest;
}
