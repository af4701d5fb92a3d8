import type { Graph } from '../graph/graph.ts';
import { linksOf } from '../graph/links.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';

/** Operators that change a vector's shape and nothing else. */
const reshaping = ['Flatten', 'Identity', 'Reshape', 'Squeeze'] as const;

/** The last nodes of a classifier, found from its output backwards. */
export interface ClassifierTail {
  /** The Softmax that gives the output; undefined where the output is logits. */
  readonly softmax: NodeProto | undefined;
  /** The first node, from the end, that is neither a Softmax, nor changes shapes only, nor adds a constant. */
  readonly last: NodeProto | undefined;
}

/** Walks back from a value over one Softmax, changes of shape, and the addition of a constant bias. */
export function classifierTail(graph: Graph, output: string): ClassifierTail {
  const links = linksOf(graph);
  let softmax: NodeProto | undefined;
  let node = links.producer(output);
  while (node !== undefined) {
    const before = valueBefore(graph, node);
    if (isOperator(node, 'Softmax') && softmax === undefined) softmax = node;
    else if (before === undefined) break;
    node = links.producer(before ?? node.input[0] ?? '');
  }
  return { softmax, last: node };
}

/** What a change of shape or the addition of a constant works on; undefined for every other node. */
function valueBefore(graph: Graph, node: NodeProto): string | undefined {
  if (isOperator(node, ...reshaping)) return node.input[0];
  if (!isOperator(node, 'Add')) return undefined;
  const computed = node.input.filter((name) => !graph.initializers.has(name));
  return computed.length === 1 ? computed[0] : undefined;
}

/** True where a network's first output is probabilities; false where it is logits. */
export function endsInSoftmax(graph: Graph): boolean {
  const [output] = graph.outputs;
  return output !== undefined && classifierTail(graph, output.name).softmax !== undefined;
}
