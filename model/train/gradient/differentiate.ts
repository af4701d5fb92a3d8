import type { Graph } from '../../graph/graph.ts';
import { describeNode, isOperator } from '../../graph/node.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { elementCount } from '../../onnx/tensor.ts';
import { derivatives } from './derivatives.ts';
import { Emitter, type Shape } from './emitter.ts';
import { NoDerivativeError } from './no-derivative-error.ts';

/** A graph with gradients among its values. */
export interface DifferentiatedGraph {
  readonly graph: Graph;
  /** Of all values, including the new ones. */
  readonly shapes: ReadonlyMap<string, Shape>;
  /** Name of the gradient with respect to each requested value. */
  readonly gradients: ReadonlyMap<string, string>;
}

/**
 * Adds the gradients of a scalar with respect to other values, by reverse-mode automatic differentiation (Baydin et al.,
 * Automatic differentiation in machine learning, section 3.2). The gradients of a value that several nodes read are summed.
 * A value that the loss does not depend on has a gradient of zeros.
 * @param shapes of every input, weight and value of the graph by name
 * @param variables names of float values
 * @throws {NoDerivativeError} naming the node, when an operator between a variable and the loss has no derivative
 */
export function differentiate(
  graph: Graph,
  shapes: ReadonlyMap<string, Shape>,
  loss: string,
  variables: readonly string[],
): DifferentiatedGraph {
  const emit = new Emitter(graph, shapes);
  const dependent = dependentOn(graph, variables);
  const terms = new Map<string, string[]>([[loss, [emit.constant(emit.shape(loss), Float32Array.of(1))]]]);
  const gradientOf = (name: string): string | undefined => {
    const summands = terms.get(name) ?? [];
    const [only] = summands;
    if (only === undefined || summands.length === 1) return only;
    const sum = emit.add(summands.length === 2 ? 'Add' : 'Sum', summands, emit.shape(name));
    terms.set(name, [sum]);
    return sum;
  };
  for (const node of graph.nodes.toReversed()) {
    if (!node.input.some((name) => dependent.has(name))) continue;
    const gradient = gradientOf(node.output[0] ?? '');
    const secondary = node.output.slice(1).find((name) => terms.has(name));
    if (secondary !== undefined) {
      throw new NoDerivativeError(`${describeNode(node)} has no derivative for its output ${secondary}`);
    }
    if (gradient === undefined) continue;
    const needs = (index: number) => dependent.has(node.input[index] ?? '');
    const inputGradients = derivativeOf(node)({ node, gradient, emit, needs });
    for (const [index, name] of node.input.entries()) {
      const term = inputGradients[index];
      if (term !== undefined && needs(index)) terms.set(name, [...(terms.get(name) ?? []), term]);
    }
  }
  const gradients = new Map(variables.map((name) => [name, gradientOf(name) ?? zeros(emit, emit.shape(name))]));
  return { graph: emit.graph, shapes: emit.shapes, gradients };
}

function derivativeOf(node: NodeProto) {
  const derivative = Object.hasOwn(derivatives, node.opType) ? derivatives[node.opType] : undefined;
  if (derivative !== undefined && isOperator(node, node.opType)) return derivative;
  throw new NoDerivativeError(
    `${describeNode(node)} has no derivative; supported operators: ${Object.keys(derivatives).join(', ')}`,
  );
}

/** The variables, and all values that depend on one of them. */
export function dependentOn(graph: Graph, variables: readonly string[]): ReadonlySet<string> {
  const dependent = new Set(variables);
  for (const node of graph.nodes) {
    if (!node.input.some((name) => dependent.has(name))) continue;
    for (const name of node.output) if (name !== '') dependent.add(name);
  }
  return dependent;
}

function zeros(emit: Emitter, shape: Shape): string {
  return emit.constant(shape, new Float32Array(elementCount(shape)));
}
