import { UserError } from '../../shared/user-error.ts';
import { holdsGraph } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { describeNode } from '../graph/node.ts';
import { type Dimension, tensorType } from '../graph/value.ts';
import { elementType, elementTypeName } from '../onnx/element-type.ts';
import type { ValueInfoProto } from '../onnx/onnx_pb.ts';

/** From here on arithmetic broadcasts by itself and Dropout has no training flag among its attributes. */
const minimumOpset = 7;

/**
 * Checks that a graph, its weights no longer among its inputs, is an image classifier as far as its signature tells:
 * one float input [1 or free, 3, height, width], one float output [1 or free, classes].
 * @param crop what the preset gives the network
 * @returns the number of classes
 * @throws {UserError} saying what was expected and what came.
 */
export function checkSource(graph: Graph, crop: { height: number; width: number }): number {
  if (graph.opset < minimumOpset) {
    throw new UserError(`expected operator set ${minimumOpset} or later, got ${graph.opset}: export the model again`);
  }
  const nested = graph.nodes.find(holdsGraph);
  if (nested !== undefined) throw new UserError(`control flow is not supported: ${describeNode(nested)} holds a graph`);
  const input = only(graph.inputs, 'input');
  const output = only(graph.outputs, 'output');
  const image = floatShape(input);
  const [, channels, height, width] = image;
  const fits = (size: Dimension | undefined, wanted: number) => typeof size === 'string' || size === wanted;
  if (image.length !== 4 || channels !== 3 || !fits(height, crop.height) || !fits(width, crop.width)) {
    const expected = `[1, 3, ${crop.height}, ${crop.width}]`;
    throw new UserError(`expected the input ${input.name} to be float ${expected}, got [${image.join(', ')}]`);
  }
  const scores = floatShape(output);
  const classes = scores[1];
  if (scores.length !== 2 || typeof classes !== 'number' || classes < 1) {
    throw new UserError(
      `not a classifier: expected the output ${output.name} to be float [1, classes], got [${scores.join(', ')}]`,
    );
  }
  return classes;
}

function only(values: readonly ValueInfoProto[], what: string): ValueInfoProto {
  const [value] = values;
  if (value === undefined || values.length > 1) {
    const names = values.map(({ name }) => name).join(', ');
    throw new UserError(`expected a network with one ${what}, got ${values.length}${names === '' ? '' : `: ${names}`}`);
  }
  return value;
}

function floatShape(value: ValueInfoProto): readonly Dimension[] {
  const { elements, shape } = tensorType(value);
  if (elements !== elementType.float) {
    throw new UserError(`expected ${value.name} to be float, got ${elementTypeName(elements)}`);
  }
  return shape ?? [];
}
