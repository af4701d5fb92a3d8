import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { type Graph, graphOf } from '../graph/graph.ts';
import { tensorType } from '../graph/value.ts';
import { endsInSoftmax } from '../import/classifier-tail.ts';
import { liftConstants } from '../import/lift-constants.ts';
import { removeWeightInputs } from '../import/remove-weight-inputs.ts';
import { elementType } from '../onnx/element-type.ts';
import { decodeModel, readModelBytes } from '../onnx/model-file.ts';
import { measureParity, parityTolerance } from '../verify/parity.ts';

/** A file to take weights from. */
export interface PublishedWeights {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** With its weights as initializers, and only the image as input. */
  readonly graph: Graph;
  readonly networkOrder: 'RGB' | 'BGR';
}

/**
 * Reads a published network. One that takes float planes is taken to be of Caffe's kind, trained on BGR; one with this
 * project's uint8 head has been turned to RGB.
 * @throws {UserError} when the file is no such network.
 */
export async function readPublishedWeights(file: string): Promise<PublishedWeights> {
  const bytes = await readModelBytes(file);
  const graph = liftConstants(removeWeightInputs(graphOf(decodeModel(bytes, file))).graph).graph;
  const [input] = graph.inputs;
  if (input === undefined) throw new UserError(`${file} has no input: expected a network that takes an image`);
  const networkOrder = tensorType(input).dataType === elementType.uint8 ? 'RGB' : 'BGR';
  return { file, bytes, graph, networkOrder };
}

/**
 * How far the probabilities of a network with published weights lie from the published ones.
 * @returns undefined when the published network takes images of another size or kind
 * @throws {UserError} when they lie too far: order and shape of the weights are the same, but not what is computed.
 */
export async function compareWithPublished(
  { file, bytes, graph, networkOrder }: PublishedWeights,
  network: Uint8Array,
  manifest: ModelManifest,
): Promise<number | undefined> {
  const { height, width } = manifest.preprocess.crop;
  if (!takesPlanes(graph, [3, height, width])) return undefined;
  const published = { bytes, file, networkOrder, givesProbabilities: endsInSoftmax(graph) };
  const { maxDifference } = await measureParity(published, network, manifest);
  if (maxDifference > parityTolerance) {
    throw new UserError(
      `the network built with the weights of ${file} is another: expected probabilities within ${parityTolerance}, ` +
        `got ${maxDifference.toExponential(1)}; nothing was written`,
    );
  }
  return maxDifference;
}

function takesPlanes(graph: Graph, planes: readonly number[]): boolean {
  const [input] = graph.inputs;
  if (input === undefined) return false;
  const { dataType, shape = [] } = tensorType(input);
  const [, ...rest] = shape;
  const fits =
    rest.length === planes.length && rest.every((size, axis) => typeof size === 'string' || size === planes[axis]);
  return dataType === elementType.float && fits;
}
