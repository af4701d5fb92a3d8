import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { exposeValues } from '../graph/expose-values.ts';
import { type Graph, graphOf, modelOf } from '../graph/graph.ts';
import { requireFloat } from '../graph/require-float.ts';
import { liftConstants } from '../import/file/lift-constants.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import { maxAbsoluteDifference } from '../verify/max-absolute-difference.ts';
import { predictCrops } from '../verify/predict-crops.ts';
import { syntheticCrops } from '../verify/synthetic-crops.ts';
import { copyTrunkWeights } from './copy-weights.ts';

/** A model whose layers before the classifier are copied. */
export interface Trunk {
  readonly model: Model;
  /** Its weights are initializers. */
  readonly graph: Graph;
}

/** Largest accepted difference of a feature, relative to the largest feature of the image. */
const tolerance = 1e-4;
const imageCount = 3;

/** @throws {UserError} if the folder is not a float model */
export async function readTrunk(directory: string): Promise<Trunk> {
  const model = await loadModel(directory);
  const graph = liftConstants(graphOf(decodeModel(model.network))).graph;
  requireFloat(graph, model.manifest);
  return { model, graph };
}

/**
 * Copies the weights of all layers before the classifier.
 * @returns the graph, and the name of the value of the trunk's network that equals the embedding
 * @throws {UserError} with the first layer that does not match
 */
export function withTrunk(built: Graph, { model, graph }: Trunk): { readonly graph: Graph; readonly features: string } {
  try {
    return copyTrunkWeights(built, graph);
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`the layers of ${model.id} do not fit: ${cause.message}`, { cause });
  }
}

/**
 * Largest difference of a feature between the embeddings of a network and those of the model that its trunk was copied
 * from, relative to the largest feature of the image.
 * @param features see `withTrunk`
 * @throws {UserError} if it exceeds the tolerance: the weights match in order and shape, but the networks compute different
 *   functions
 */
export async function compareWithTrunk(
  { model, graph }: Trunk,
  features: string,
  network: Uint8Array,
  manifest: ModelManifest,
): Promise<number> {
  const crops = syntheticCrops(imageCount, manifest.preprocess.crop);
  const { embeddingSize } = manifest.outputs;
  const outputs = { ...model.manifest.outputs, embedding: features, embeddingSize };
  const source = encodeModel(modelOf(exposeValues(graph, [features])));
  const expected = await predictCrops(crops, source, { ...model.manifest, outputs });
  const received = await predictCrops(crops, network, manifest);
  const differences = expected.map(({ embedding }, image) => {
    const largest = embedding.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    return maxAbsoluteDifference(embedding, received[image]?.embedding ?? new Float32Array()) / largest;
  });
  const difference = Math.max(...differences);
  if (difference <= tolerance) return difference;
  throw new UserError(
    `${model.id} is another network: with its weights, features differ by ${difference.toExponential(1)} of the largest ` +
      `(tolerance ${tolerance}); nothing was written`,
  );
}
