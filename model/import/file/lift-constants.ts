import { getTensor } from '../../graph/attribute.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { isOperator } from '../../graph/node.ts';
import type { NodeProto, TensorProto } from '../../onnx/onnx_pb.ts';
import { makeTensor } from '../../onnx/tensor.ts';

/**
 * Converts Constant nodes to initializers, so that later passes find all weights in one place. Always legal. Sparse and
 * string constants are left unchanged.
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
  return tensor === undefined ? numbersOf(node, name) : { ...tensor, name };
}

/** The attributes for numbers (operator set 12 and later): a scalar, or a list with one axis. */
function numbersOf(node: NodeProto, name: string): TensorProto | undefined {
  for (const attribute of node.attribute) {
    const { f, floats, i, ints } = attribute;
    if (attribute.name === 'value_float') return makeTensor(name, [], Float32Array.of(f));
    if (attribute.name === 'value_floats') return makeTensor(name, [floats.length], Float32Array.from(floats));
    if (attribute.name === 'value_int') return makeTensor(name, [], BigInt64Array.of(i));
    if (attribute.name === 'value_ints') return makeTensor(name, [ints.length], BigInt64Array.from(ints));
  }
  return undefined;
}
