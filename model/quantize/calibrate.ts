import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import type { Graph } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import { elementType } from '../onnx/element-type.ts';
import { inferValueTypes } from '../passes/value-types.ts';
import { type Observations, observeValues } from './observe-values.ts';

/** Operators whose inputs and outputs may be quantized, and must therefore be seen. */
const observed = [
  'Add',
  'AveragePool',
  'Clip',
  'Concat',
  'Conv',
  'GlobalAveragePool',
  'LRN',
  'MaxPool',
  'Relu',
] as const;

/**
 * Runs images through a float network and notes the range of every value that may be quantized.
 * @param crops uint8 [height, width, 3] each
 * @throws {UserError} when a value is not a number, which no range can hold
 */
export async function calibrate(
  graph: Graph,
  manifest: Pick<ModelManifest, 'file' | 'input'>,
  crops: readonly Uint8Array[],
): Promise<Observations> {
  const types = await inferValueTypes(graph, new Map([[manifest.input.name, [1, ...manifest.input.shape]]]));
  // Shapes are put together by Add and Concat too: exposed as floats, the runtime would refuse them.
  const floats = observedValues(graph).filter((name) => types.get(name)?.dataType === elementType.float);
  return observeValues(graph, manifest, crops, floats);
}

function observedValues(graph: Graph): string[] {
  const constants = new Set(graph.nodes.filter((node) => isOperator(node, 'Constant')).map(({ output }) => output[0]));
  const isImage = (name: string) =>
    !graph.initializers.has(name) && !constants.has(name) && graph.inputs.every((input) => input.name !== name);
  const nodes = graph.nodes.filter((node) => isOperator(node, ...observed));
  return [...new Set(nodes.flatMap(({ input, output }) => [...input, output[0] ?? '']))].filter(isImage);
}
