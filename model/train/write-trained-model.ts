import { createHash } from 'node:crypto';
import { type ModelManifest, parseManifest } from '../../shared/models/model-manifest.ts';
import { type Graph, modelOf } from '../graph/graph.ts';
import { removeUnusedWeights } from '../import/file/remove-unused-weights.ts';
import { encodeModel } from '../onnx/model-file.ts';
import { networkFile } from '../replace-directory.ts';
import { writeModelDirectory } from '../write-model-directory.ts';

/**
 * Writes a trained network as a model directory. The version is the beginning of its digest.
 * @param manifest of the source model, with the trained labels
 * @throws {UserError} when `out` cannot be replaced; then nothing is written
 */
export function writeTrainedModel(
  out: string,
  name: string,
  manifest: ModelManifest,
  network: Graph,
): Promise<ModelManifest> {
  const bytes = encodeModel(modelOf(removeUnusedWeights(network).graph));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { knownAnswer: _answer, finetunedFrom: _same, derivedFrom: _parents, ...kept } = manifest;
  const described = parseManifest({ ...kept, name, version: sha256.slice(0, 12), file: networkFile, sha256 });
  return writeModelDirectory(out, described, bytes);
}
