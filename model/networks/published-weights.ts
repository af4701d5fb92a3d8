import { stat } from 'node:fs/promises';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { type Graph, graphOf } from '../graph/graph.ts';
import { tensorType } from '../graph/value.ts';
import { liftConstants } from '../import/file/lift-constants.ts';
import { removeWeightInputs } from '../import/file/remove-weight-inputs.ts';
import { openPublished } from '../import/published-network.ts';
import { elementType } from '../onnx/element-type.ts';
import { type PublishedFile, readNetwork } from '../onnx/read-network.ts';
import { measureParity } from '../verify/parity.ts';
import { type Network, publishedPixels } from './networks.ts';

/** A published network whose weights are copied. */
export interface PublishedWeights {
  readonly file: PublishedFile;
  /** Its weights are initializers, and the image is its only input. */
  readonly graph: Graph;
  readonly networkOrder: 'RGB' | 'BGR';
}

/**
 * Reads a published network. One with a float input is assumed to be trained on the color order of its architecture. One
 * with this project's uint8 input has already been converted to RGB.
 * @throws {UserError} if the file is not a network that takes an image
 */
export async function readPublishedWeights(
  path: string,
  network: Pick<Network, 'publishedPixels'>,
): Promise<PublishedWeights> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) {
    throw new UserError(
      `weights are copied from an .onnx file, and ${path} is a folder: import a model of another form, and give the result ` +
        'with --trunk',
    );
  }
  const file = await readNetwork(path);
  const graph = liftConstants(removeWeightInputs(graphOf(file.model)).graph).graph;
  const [input] = graph.inputs;
  if (input === undefined) throw new UserError(`${path} has no input: give a network that takes an image`);
  const networkOrder =
    tensorType(input).dataType === elementType.uint8 ? 'RGB' : publishedPixels[network.publishedPixels].order;
  return { file, graph, networkOrder };
}

/**
 * Largest difference of a probability between a network with copied weights and the published network.
 * @returns undefined if the published network takes another image size or type
 * @throws {UserError} if the difference exceeds the tolerance: the weights match in order and shape, but the networks
 *   compute different functions
 */
export async function compareWithPublished(
  { file, graph, networkOrder }: PublishedWeights,
  network: Uint8Array,
  manifest: ModelManifest,
): Promise<number | undefined> {
  const { height, width } = manifest.preprocess.crop;
  if (!takesPlanes(graph, [3, height, width])) return undefined;
  const published = await openPublished(file, graph.outputs[0]?.name);
  const { maxDifference, fault } = await measureParity(published, network, manifest, networkOrder);
  if (fault !== undefined) {
    throw new UserError(`${file.path} is another network: with its weights, ${fault}; nothing was written`);
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
