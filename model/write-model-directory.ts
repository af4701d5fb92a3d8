import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../shared/failures/user-error.ts';
import { manifestFile } from '../shared/models/model-directory.ts';
import { type ModelManifest, parseManifest } from '../shared/models/model-manifest.ts';
import { referenceImage } from '../shared/models/reference-image.ts';
import { type Precision, referenceOutputOf } from '../shared/models/reference-output.ts';
import { graphOf } from './graph/graph.ts';
import { findReducedPrecision } from './graph/require-float.ts';
import { decodeModel } from './onnx/model-file.ts';
import { replaceDirectory } from './replace-directory.ts';
import { predictCrops } from './verify/predict-crops.ts';

/**
 * Writes a model directory atomically, with the network's reference output in the manifest.
 * @param manifest of the network. A reference output in it is replaced.
 * @returns the written manifest
 * @throws {UserError} if the runtime cannot run the network, or it answers with NaN, or `out` cannot be replaced
 */
export async function writeModelDirectory(
  out: string,
  manifest: ModelManifest,
  network: Uint8Array,
): Promise<ModelManifest> {
  const complete = await withReferenceOutput(manifest, network);
  await replaceDirectory(out, async (directory) => {
    await writeFile(join(directory, complete.file), network);
    await writeFile(join(directory, manifestFile), manifestText(complete));
  });
  return complete;
}

/** The content of a manifest file. */
export function manifestText(manifest: ModelManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Adds the network's output for the reference image, computed on the CPU, to its manifest. */
export async function withReferenceOutput(manifest: ModelManifest, network: Uint8Array): Promise<ModelManifest> {
  const [prediction] = await predictCrops([referenceImage(manifest.input.shape)], network, manifest);
  if (prediction === undefined) throw new Error('no prediction for the reference image');
  if (![prediction.probabilities, prediction.embedding].every((values) => values.every(Number.isFinite))) {
    throw new UserError(
      'an output of the network is NaN or infinite for the synthetic image of the self-check: check the weights of the file, and ' +
        'whether it divides by a deviation that can be 0',
    );
  }
  return parseManifest({ ...manifest, knownAnswer: referenceOutputOf(prediction, precisionOf(network)) });
}

function precisionOf(network: Uint8Array): Precision {
  const rounded = findReducedPrecision(graphOf(decodeModel(network)));
  if (rounded === undefined) return 'float';
  return rounded === 'int8' ? 'int8' : 'half';
}
