import { UserError } from '../../../shared/failures/user-error.ts';
import { getInt } from '../../graph/attribute.ts';
import type { Graph } from '../../graph/graph.ts';
import { describeNode, isOperator } from '../../graph/node.ts';
import { outputHead } from '../../graph/output-head.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import type { ValueTypes } from '../../passes/value-types.ts';

interface ClassOutput {
  readonly output: string;
  /** Numbers per image. */
  readonly classes: number;
  /** Of the values at the published batch. */
  readonly types: ValueTypes;
}

/**
 * Checks that the Softmax of a classifier is taken over its classes. A Softmax of [batch, classes, 1, 1] along the last axis,
 * the default since operator set 13, is 1 for every class of every image.
 * @throws {UserError} with the node and the axis
 */
export function checkNormalizedAxis(graph: Graph, { output, classes, types }: ClassOutput): void {
  for (const node of outputHead(graph, output).activations) {
    const count = normalizedCount(node, graph, types);
    if (count === undefined || (count === classes && count > 1)) continue;
    const name = isOperator(node, 'Div') ? 'Softmax' : node.opType;
    if (classes === 1) {
      throw new UserError(
        `${output} is the ${name} of one class, which is ${name === 'Softmax' ? 1 : 0} for every image: export the model ` +
          'with its logit as the output',
      );
    }
    const shape = types.get(node.input[0] ?? '')?.shape.join(', ');
    const effect = count === 1 ? ', so that every class has probability 1 for every image' : '';
    throw new UserError(
      `${output} is the ${name} over ${count} of ${classes} classes${effect} (${describeNode(node)} along ` +
        `${axisOf(node, graph)} of [${shape}]): export the model with the Softmax over all classes, or with its logits as ` +
        'the output',
    );
  }
}

/** How many numbers a Softmax makes sum to 1; undefined for another node, or if its shapes are not known. */
function normalizedCount(node: NodeProto, graph: Graph, types: ValueTypes): number | undefined {
  const [input = '', total = ''] = node.input;
  const shape = types.get(input)?.shape;
  if (shape === undefined) return undefined;
  if (isOperator(node, 'Div')) {
    const sums = types.get(total)?.shape;
    return sums && product(shape) / product(sums);
  }
  if (!isOperator(node, 'Softmax', 'LogSoftmax')) return undefined;
  const axis = normalizedAxis(node, graph);
  // Before operator set 13, a Softmax is taken over its axis and all further ones.
  return graph.opset < 13 ? product(shape.slice(axis)) : shape.at(axis);
}

function normalizedAxis(node: NodeProto, { opset }: Graph): number {
  return getInt(node, 'axis', opset < 13 ? 1 : -1);
}

function axisOf(node: NodeProto, graph: Graph): string {
  return isOperator(node, 'Div') ? 'the axes of its sum' : `axis ${normalizedAxis(node, graph)}`;
}

function product(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}
