import { getTensor } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';

/**
 * Turns Constant nodes into initializers, so that later passes find every weight in one place.
 * Legal always; a Constant without a `value` tensor (a sparse or a bare number) is left as it is.
 */
export function liftConstants(graph: Graph): PassResult {
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.filter((node) => {
    const tensor = constantOf(node);
    if (tensor !== undefined) initializers.set(tensor.name, tensor);
    return tensor === undefined;
  });
  if (nodes.length === graph.nodes.length) return { graph, modified: false };
  return { graph: { ...graph, nodes, initializers }, modified: true };
}

function constantOf(node: NodeProto): TensorProto | undefined {
  const [name] = node.output;
  if (!isOperator(node, 'Constant') || name === undefined) return undefined;
  const tensor = getTensor(node, 'value');
  return tensor === undefined ? undefined : { ...tensor, name };
}
