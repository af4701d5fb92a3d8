import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import type { Graph } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import { elementType } from '../onnx/element-type.ts';
import { inferValueTypes } from '../passes/value-types.ts';
import { type Observations, observeValues } from './observe-values.ts';

/** Operators with int8 kernels, whose inputs and outputs need an observed range. */
export const observedOperators = [
  'Add',
  'AveragePool',
  'Clip',
  'Concat',
  'Conv',
  'GlobalAveragePool',
  'LRN',
  'LeakyRelu',
  'MaxPool',
  'Mul',
  'PRelu',
  'Relu',
  'Sigmoid',
] as const;

/**
 * Runs images through a float network and records the range of every value that may be quantized, and the means of the channels
 * that convolutions read.
 * @param crops uint8 [height, width, 3] each
 * @throws {UserError} when a value is NaN or infinite, which has no range
 */
export async function calibrate(
  graph: Graph,
  manifest: Pick<ModelManifest, 'file' | 'input'>,
  crops: readonly Uint8Array[],
): Promise<Observations> {
  const types = await inferValueTypes(graph, new Map([[manifest.input.name, [1, ...manifest.input.shape]]]));
  // Add and Concat also compute int64 shapes, which cannot be exposed as float outputs.
  const floats = observedValues(graph).filter((name) => types.get(name)?.dataType === elementType.float);
  const isRead = new Set(graph.nodes.flatMap((node) => (isOperator(node, 'Conv') ? node.input.slice(0, 1) : [])));
  return observeValues(graph, manifest, crops, floats, isRead);
}

function observedValues(graph: Graph): string[] {
  const constants = new Set(graph.nodes.filter((node) => isOperator(node, 'Constant')).map(({ output }) => output[0]));
  const isImage = (name: string) =>
    !graph.initializers.has(name) && !constants.has(name) && graph.inputs.every((input) => input.name !== name);
  const nodes = graph.nodes.filter((node) => isOperator(node, ...observedOperators));
  return [...new Set(nodes.flatMap(({ input, output }) => [...input, output[0] ?? '']))].filter(isImage);
}
