import { isFloatCast, reshaping } from '../../graph/classifier-tail.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { linksOf } from '../../graph/links.ts';
import { isOperator, makeNode } from '../../graph/node.ts';
import { activationInput } from '../../graph/output-head.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';

/**
 * Removes QuantizeLinear and DequantizeLinear between the Softmax, LogSoftmax or Sigmoid of a classifier and its output:
 * probabilities in steps of 1/256 do not sum to 1. Rounding before the activation stays, since the network was calibrated
 * with it. Legal only if no other node reads the rounded values.
 * @param output name of the output with the classes
 */
export function removeOutputRounding(graph: Graph, output: string): PassResult {
  const links = linksOf(graph);
  const rounding = new Set<NodeProto>();
  let passed: NodeProto[] = [];
  let value = output;
  for (let node = links.producer(value); node !== undefined; node = links.producer(value)) {
    const before = activationInput(node, links);
    if (before !== undefined) {
      for (const each of passed) rounding.add(each);
      passed = [];
    } else if (isOperator(node, 'QuantizeLinear', 'DequantizeLinear')) passed.push(node);
    else if (!isOperator(node, ...reshaping) && !isFloatCast(node)) break;
    if (value !== output && (links.isOutput(value) || links.consumers(value).length > 1)) break;
    value = before ?? node.input[0] ?? '';
  }
  if (rounding.size === 0) return { graph, modified: false };
  const nodes = graph.nodes.map((node) =>
    rounding.has(node) ? makeNode('Identity', [node.input[0] ?? ''], node.output, { name: node.name }) : node,
  );
  return { graph: { ...graph, nodes }, modified: true };
}
