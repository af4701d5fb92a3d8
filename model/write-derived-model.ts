import { createHash } from 'node:crypto';
import type { ModelManifest } from '../shared/models/model-manifest.ts';
import { networkFile } from './import/replace-directory.ts';
import { writeModelDirectory } from './write-model-directory.ts';

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
  // Rewritten or rounded, it gives the embedding of another network no more.
  const { finetunedFrom: _, ...kept } = parent;
  return writeModelDirectory(out, { ...kept, name, file: networkFile, sha256 }, network);
}
