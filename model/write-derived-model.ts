import { createHash } from 'node:crypto';
import { type ModelManifest, modelId } from '../shared/models/model-manifest.ts';
import { networkFile } from './replace-directory.ts';
import { writeModelDirectory } from './write-model-directory.ts';

/**
 * Writes a model directory for a network derived from another one, with its preprocessing, labels and source.
 * @param parent manifest of the original model
 * @param name of the new model, lower case
 * @throws {UserError} if `out` cannot be replaced
 */
export async function writeDerivedModel(
  out: string,
  parent: ModelManifest,
  name: string,
  network: Uint8Array,
): Promise<ModelManifest> {
  const sha256 = createHash('sha256').update(network).digest('hex');
  // The embeddings of a rewritten or rounded network no longer equal those of the model that was finetuned.
  const { finetunedFrom: _, ...kept } = parent;
  const derivedFrom = [modelId(parent), ...(parent.derivedFrom ?? [])];
  return writeModelDirectory(out, { ...kept, name, file: networkFile, sha256, derivedFrom }, network);
}
