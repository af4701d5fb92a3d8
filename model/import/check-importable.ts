import { UserError } from '../../shared/failures/user-error.ts';
import { hasSubgraph } from '../graph/attribute.ts';
import { isChannelsLast } from '../graph/channels.ts';
import type { Graph } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { describeNode } from '../graph/node.ts';
import { type Dimension, tensorType } from '../graph/value.ts';
import { elementType, elementTypeName } from '../onnx/element-type.ts';
import type { ValueInfoProto } from '../onnx/onnx_pb.ts';

/** Since operator set 7, arithmetic broadcasts implicitly and Dropout has no training attribute. */
const minOpset = 7;
/** The newest operator set that onnxruntime 1.30 supports. */
const maxOpset = 26;

/**
 * Checks that the signature of a graph without weight inputs is that of an image classifier: operators of the default set
 * only; one float input [1 or dynamic, 3, height, width] or [1 or dynamic, height, width, 3]; one float output [1 or
 * dynamic, classes], with optional further axes of 1.
 * @param crop size of the crops that the network will get
 * @throws {UserError} with the expected and the actual value, and the node
 */
export function checkImportable(graph: Graph, crop: { height: number; width: number }): void {
  checkOperators(graph);
  const links = linksOf(graph);
  const input = onlyValue(graph.inputs, 'input', links);
  const output = onlyValue(graph.outputs, 'output', links);
  checkImage(input, crop);
  const shape = floatShape(output);
  const mayBeOne = (size: Dimension) => typeof size === 'string' || size === 1;
  const [batch = 0, classes = 0, ...further] = shape;
  if (shape.length > 0 && (!mayBeOne(batch) || classes === 0 || !further.every(mayBeOne) || shape.length === 3)) {
    throw new UserError(
      `not a classifier: the output ${describeValue(output, links)} has the shape [${shape.join(', ')}]; ` +
        'export the model with an output of [1, classes]',
    );
  }
}

function checkOperators(graph: Graph): void {
  if (graph.opset < minOpset || graph.opset > maxOpset) {
    throw new UserError(
      `operator set ${graph.opset} is not supported: export the model with operator set ${minOpset} to ${maxOpset}`,
    );
  }
  for (const node of graph.nodes) {
    if (node.domain !== '' && node.domain !== 'ai.onnx') {
      throw new UserError(
        `${describeNode(node)} is not in the default ONNX operator set: export the model without ${node.domain}`,
      );
    }
    if (hasSubgraph(node)) throw new UserError(`control flow is not supported: ${describeNode(node)} has a subgraph`);
  }
}

function onlyValue(values: readonly ValueInfoProto[], kind: string, links: Links): ValueInfoProto {
  const [value] = values;
  if (value === undefined || values.length > 1) {
    const names = values.map((each) => describeValue(each, links)).join(', ');
    const found = names === '' ? '' : ` (${names})`;
    throw new UserError(`the network has ${values.length} ${kind}s${found}: export it with one ${kind}`);
  }
  return value;
}

function checkImage(input: ValueInfoProto, crop: { height: number; width: number }): void {
  const shape = floatShape(input);
  const last = isChannelsLast(shape);
  const [, height, width] = last ? shape : [shape[0], shape[2], shape[3]];
  const channels = last ? shape[3] : shape[1];
  const fits = (size: Dimension | undefined, expected: number) => typeof size === 'string' || size === expected;
  // If the axis of the channels cannot be identified, channels first is assumed, as in most exports.
  if (shape.length === 4 && fits(channels, 3) && fits(height, crop.height) && fits(width, crop.width)) return;
  const expected = last ? [crop.height, crop.width, 3] : [3, crop.height, crop.width];
  const isImage = shape.length === 4 && fits(channels, 3);
  throw new UserError(
    `the input ${input.name} has the shape [${shape.join(', ')}], not [1, ${expected.join(', ')}]: ` +
      `${isImage ? 'give its size as the crop size' : 'export a network whose input is one color image'}`,
  );
}

function describeValue({ name }: ValueInfoProto, links: Links): string {
  const node = links.producer(name);
  return node === undefined ? name : `${name} of ${describeNode(node)}`;
}

function floatShape(value: ValueInfoProto): readonly Dimension[] {
  const { dataType, shape } = tensorType(value);
  if (dataType !== elementType.float) {
    throw new UserError(
      `${value.name} is ${elementTypeName(dataType)}: export the model with float inputs and outputs`,
    );
  }
  return shape ?? [];
}
