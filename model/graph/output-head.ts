import { UserError } from '../../shared/failures/user-error.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { isLinear, lastLayer, reshaping } from './classifier-tail.ts';
import { decomposedSoftmax } from './decomposed-softmax.ts';
import type { Graph } from './graph.ts';
import { type Links, linksOf } from './links.ts';
import { describeNode, isOperator } from './node.ts';

/**
 * What the output of a classifier means. `scores` come from a Sigmoid: the probability of one class, or of several that do
 * not exclude each other.
 */
export type OutputKind = 'probabilities' | 'log-probabilities' | 'scores' | 'logits';

export interface OutputHead {
  readonly kind: OutputKind;
  /** The value that the Softmax, LogSoftmax or Sigmoid reads; the output itself if there is none. */
  readonly logits: string;
  /** The linear layer that computes the logits, or the node in its place. */
  readonly last: NodeProto | undefined;
}

/**
 * Reads what a classifier's output means from the nodes that compute it: a Softmax, LogSoftmax or Sigmoid, or the linear
 * layer of logits. Pairs that cancel, such as Exp of LogSoftmax, are read as one.
 * @throws {UserError} if the output is neither probabilities nor logits, with the reason and what to do
 */
export function outputHead(graph: Graph, output: string): OutputHead {
  const links = linksOf(graph);
  const activations: NodeProto[] = [];
  let logits = output;
  let value = output;
  for (;;) {
    const node = links.producer(value);
    if (node === undefined) break;
    const before = activationInput(node, links);
    if (before !== undefined) {
      activations.unshift(node);
      logits = before;
      value = before;
    } else if (isOperator(node, ...reshaping)) value = node.input[0] ?? '';
    else break;
  }
  const kind = activations.reduce<OutputKind>((current, node) => afterActivation(current, node, output), 'logits');
  const last = lastLayer(graph, logits);
  if (kind !== 'logits' || (last !== undefined && isLinear(last, graph))) return { kind, logits, last };
  throw notAClassifier(output, last, links);
}

/** What an activation reads; undefined for any other node. */
function activationInput(node: NodeProto, links: Links): string | undefined {
  if (isOperator(node, 'Softmax', 'LogSoftmax', 'Sigmoid', 'Exp', 'Log')) return node.input[0];
  return decomposedSoftmax(node, links);
}

function afterActivation(current: OutputKind, node: NodeProto, output: string): OutputKind {
  switch (isOperator(node, 'Div') ? 'Softmax' : node.opType) {
    case 'Softmax':
      if (current === 'logits' || current === 'log-probabilities') return 'probabilities';
      break;
    case 'LogSoftmax':
      if (current === 'logits' || current === 'log-probabilities') return 'log-probabilities';
      break;
    case 'Sigmoid':
      if (current === 'logits') return 'scores';
      break;
    case 'Exp':
      if (current === 'log-probabilities') return 'probabilities';
      break;
    case 'Log':
      if (current === 'probabilities') return 'log-probabilities';
      break;
  }
  const of = current === 'logits' ? 'of logits' : `of ${current === 'scores' ? 'the scores of a Sigmoid' : current}`;
  const flattened = isOperator(node, 'Softmax') ? ', which makes all classes almost equally probable' : '';
  throw new UserError(
    `${output} is the ${node.opType} ${of} (${describeNode(node)})${flattened}: export the model with one Softmax, or with ` +
      'its logits as the output',
  );
}

function notAClassifier(output: string, last: NodeProto | undefined, links: Links): UserError {
  if (last === undefined) return new UserError(`not a classifier: no node computes ${output}`);
  if (activationInput(last, links) !== undefined) {
    return new UserError(
      `${output} is computed from the output of ${describeNode(last)} by arithmetic, so it is neither probabilities nor ` +
        'logits: export the model with the output of that node',
    );
  }
  return new UserError(
    `not a classifier: ${output} comes from ${describeNode(last)}; export a model that ends with Softmax, Gemm, MatMul or a 1×1 Conv`,
  );
}
