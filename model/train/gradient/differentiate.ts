import { UserError } from '../../../shared/failures/user-error.ts';
import type { Graph } from '../../graph/graph.ts';
import { describeNode, isOperator } from '../../graph/node.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { elementCount } from '../../onnx/tensor.ts';
import { derivatives } from './derivatives.ts';
import { Emitter, type Shape } from './emitter.ts';

/** A graph with gradients among its values. */
export interface DifferentiatedGraph {
  readonly graph: Graph;
  /** Of all values of the graph, those that were added too. */
  readonly shapes: ReadonlyMap<string, Shape>;
  /** Name of the gradient by each value that was asked for. */
  readonly gradients: ReadonlyMap<string, string>;
}

/**
 * Adds the gradients of a scalar by other values, in reverse mode: from the loss backwards, node by node, the gradients of
 * what several nodes read being added up (Baydin et al., Automatic differentiation in machine learning, section 3.2). A
 * value that the loss does not depend on has a gradient of zeros.
 * @param shapes of every input, weight and value of the graph, by its name
 * @param by names of float values
 * @throws {UserError} naming the node, when an operator on the way has no derivative
 */
export function differentiate(
  graph: Graph,
  shapes: ReadonlyMap<string, Shape>,
  loss: string,
  by: readonly string[],
): DifferentiatedGraph {
  const emit = new Emitter(graph, shapes);
  const dependent = dependentOn(graph, by);
  const parts = new Map<string, string[]>([[loss, [emit.constant(emit.shape(loss), Float32Array.of(1))]]]);
  const gradientOf = (name: string): string | undefined => {
    const summands = parts.get(name) ?? [];
    const [only] = summands;
    if (only === undefined || summands.length === 1) return only;
    const sum = emit.add(summands.length === 2 ? 'Add' : 'Sum', summands, emit.shape(name));
    parts.set(name, [sum]);
    return sum;
  };
  for (const node of graph.nodes.toReversed()) {
    if (!node.input.some((name) => dependent.has(name))) continue;
    const gradient = gradientOf(node.output[0] ?? '');
    const further = node.output.slice(1).find((name) => parts.has(name));
    if (further !== undefined) throw new UserError(`${describeNode(node)} has no derivative by its output ${further}`);
    if (gradient === undefined) continue;
    const needs = (index: number) => dependent.has(node.input[index] ?? '');
    const own = derivativeOf(node)({ node, gradient, emit, needs });
    for (const [index, name] of node.input.entries()) {
      const part = own[index];
      if (part !== undefined && needs(index)) parts.set(name, [...(parts.get(name) ?? []), part]);
    }
  }
  const gradients = new Map(by.map((name) => [name, gradientOf(name) ?? zeros(emit, emit.shape(name))]));
  return { graph: emit.graph, shapes: emit.shapes, gradients };
}

function derivativeOf(node: NodeProto) {
  const derivative = Object.hasOwn(derivatives, node.opType) ? derivatives[node.opType] : undefined;
  if (derivative !== undefined && isOperator(node, node.opType)) return derivative;
  throw new UserError(
    `${describeNode(node)} has no derivative: expected one of ${Object.keys(derivatives).join(', ')}`,
  );
}

/** The values that depend on one of these, and these. */
function dependentOn(graph: Graph, by: readonly string[]): ReadonlySet<string> {
  const dependent = new Set(by);
  for (const node of graph.nodes) {
    if (!node.input.some((name) => dependent.has(name))) continue;
    for (const name of node.output) if (name !== '') dependent.add(name);
  }
  return dependent;
}

function zeros(emit: Emitter, shape: Shape): string {
  return emit.constant(shape, new Float32Array(elementCount(shape)));
}
