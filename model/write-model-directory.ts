import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { referenceImage } from '../shared/inference/accelerator/reference-image.ts';
import { type Precision, referenceOutputOf } from '../shared/inference/accelerator/reference-output.ts';
import { manifestFile } from '../shared/models/model-directory.ts';
import { type ModelManifest, parseManifest } from '../shared/models/model-manifest.ts';
import { graphOf } from './graph/graph.ts';
import { replaceDirectory } from './import/replace-directory.ts';
import { decodeModel } from './onnx/model-file.ts';
import { findReducedPrecision } from './quantize/require-float.ts';
import { predictCrops } from './verify/agreement.ts';

/**
 * Writes a model directory whole or not at all, with the network's known answer in the manifest.
 * @param manifest of the network; a known answer of another that it may hold is replaced
 * @returns the manifest as it was written
 * @throws {UserError} when the runtime cannot run the network, or `out` cannot be replaced
 */
export async function writeModelDirectory(
  out: string,
  manifest: ModelManifest,
  network: Uint8Array,
): Promise<ModelManifest> {
  const answered = await withReferenceOutput(manifest, network);
  await replaceDirectory(out, async (directory) => {
    await writeFile(join(directory, answered.file), network);
    await writeFile(join(directory, manifestFile), `${JSON.stringify(answered, null, 2)}\n`);
  });
  return answered;
}

/** A manifest that says what its network answers on the CPU to the image that everyone can make. */
export async function withReferenceOutput(manifest: ModelManifest, network: Uint8Array): Promise<ModelManifest> {
  const [answer] = await predictCrops([referenceImage(manifest.input.shape)], network, manifest);
  if (answer === undefined) throw new Error('expected one answer to one image, got none');
  return parseManifest({ ...manifest, knownAnswer: referenceOutputOf(answer, precisionOf(network)) });
}

function precisionOf(network: Uint8Array): Precision {
  const rounded = findReducedPrecision(graphOf(decodeModel(network)));
  if (rounded === undefined) return 'float';
  return rounded.kind === 'int8' ? 'int8' : 'half';
}
