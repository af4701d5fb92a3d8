import { UserError } from '../../shared/failures/user-error.ts';
import { hasSubgraph } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { describeNode } from '../graph/node.ts';
import { type Dimension, tensorType } from '../graph/value.ts';
import { elementType, elementTypeName } from '../onnx/element-type.ts';
import type { ValueInfoProto } from '../onnx/onnx_pb.ts';
import { isChannelsLast } from './convert-to-channels-first.ts';

/** From here on arithmetic broadcasts by itself and Dropout has no training flag among its attributes. */
const minimumOpset = 7;
/** The newest that onnxruntime 1.30 knows. */
const maximumOpset = 26;

/**
 * Checks that a graph, its weights no longer among its inputs, is an image classifier as far as its signature tells:
 * operators of the default set alone, one float input [1 or free, 3, height, width] or [1 or free, height, width, 3],
 * one float output [1 or free, classes], further axes being 1.
 * @param crop what the preset gives the network
 * @throws {UserError} saying what was expected and what came, and naming the node.
 */
export function checkImportable(graph: Graph, crop: { height: number; width: number }): void {
  checkOperators(graph);
  const links = linksOf(graph);
  const input = only(graph.inputs, 'input', links);
  const output = only(graph.outputs, 'output', links);
  checkImage(input, crop);
  const shape = floatShape(output);
  const mayBeOne = (size: Dimension) => typeof size === 'string' || size === 1;
  const [batch = 0, classes = 0, ...further] = shape;
  if (shape.length > 0 && (!mayBeOne(batch) || classes === 0 || !further.every(mayBeOne) || shape.length === 3)) {
    throw new UserError(
      `not a classifier: expected the output ${described(output, links)} to be float [1, classes], ` +
        `got [${shape.join(', ')}]`,
    );
  }
}

function checkOperators(graph: Graph): void {
  if (graph.opset < minimumOpset) {
    throw new UserError(`expected operator set ${minimumOpset} or later, got ${graph.opset}: export the model again`);
  }
  if (graph.opset > maximumOpset) {
    throw new UserError(
      `expected operator set ${maximumOpset} or earlier, got ${graph.opset}: export with an older one`,
    );
  }
  for (const node of graph.nodes) {
    if (node.domain !== '' && node.domain !== 'ai.onnx') {
      throw new UserError(
        `expected operators of the default ONNX operator set, got ${describeNode(node)}: export without ${node.domain}`,
      );
    }
    if (hasSubgraph(node)) throw new UserError(`control flow is not supported: ${describeNode(node)} holds a graph`);
  }
}

function only(values: readonly ValueInfoProto[], what: string, links: Links): ValueInfoProto {
  const [value] = values;
  if (value === undefined || values.length > 1) {
    const names = values.map((each) => described(each, links)).join(', ');
    throw new UserError(`expected a network with one ${what}, got ${values.length}${names === '' ? '' : `: ${names}`}`);
  }
  return value;
}

function checkImage(input: ValueInfoProto, crop: { height: number; width: number }): void {
  const shape = floatShape(input);
  const last = isChannelsLast(shape);
  const [, height, width] = last ? shape : [shape[0], shape[2], shape[3]];
  const channels = last ? shape[3] : shape[1];
  const fits = (size: Dimension | undefined, wanted: number) => typeof size === 'string' || size === wanted;
  // Free axes without a number of channels are taken as exporters mostly have them: channels first.
  if (shape.length === 4 && fits(channels, 3) && fits(height, crop.height) && fits(width, crop.width)) return;
  const expected = last ? [crop.height, crop.width, 3] : [3, crop.height, crop.width];
  const sizes = shape.length === 4 && fits(channels, 3);
  throw new UserError(
    `expected the input ${input.name} to be float [1, ${expected.join(', ')}], got [${shape.join(', ')}]` +
      `${sizes ? ': choose the crop size that it takes' : ''}`,
  );
}

function described({ name }: ValueInfoProto, links: Links): string {
  const node = links.producer(name);
  return node === undefined ? name : `${name} of ${describeNode(node)}`;
}

function floatShape(value: ValueInfoProto): readonly Dimension[] {
  const { dataType, shape } = tensorType(value);
  if (dataType !== elementType.float) {
    throw new UserError(`expected ${value.name} to be float, got ${elementTypeName(dataType)}`);
  }
  return shape ?? [];
}
