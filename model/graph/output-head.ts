import { UserError } from '../../shared/failures/user-error.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { isFloatCast, isLinear, lastLayer, reshaping } from './classifier-tail.ts';
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
  /** The value that the Softmax, LogSoftmax or Sigmoid reads, before any Cast; without these, the output itself. */
  readonly logits: string;
  /** The nodes that turn the logits into the output, the first first: Softmax, LogSoftmax, Sigmoid, Exp or Log. */
  readonly activations: readonly NodeProto[];
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
    } else if (isPassage(node)) value = node.input[0] ?? '';
    else break;
  }
  if (activations.length > 0) logits = beforeCasts(logits, links);
  const last = lastLayer(graph, logits);
  const isOfLinear = last !== undefined && isLinear(last, graph);
  if (last !== undefined && isActivation(last, links)) throw arithmeticAfter(last, { output, logits, links });
  const base = isOfLinear || last === undefined ? 'logits' : `the output of ${describeNode(last)}`;
  const kind = activations.reduce<OutputKind>(
    (current, node) => afterActivation(current, node, { output, base }),
    'logits',
  );
  if (kind !== 'logits' || isOfLinear) return { kind, logits, activations, last };
  throw notAClassifier(output, last, links);
}

/** True for the node of a Softmax, LogSoftmax or Sigmoid. */
function isActivation(node: NodeProto, links: Links): boolean {
  return !isOperator(node, 'Exp', 'Log') && activationInput(node, links) !== undefined;
}

/** True for a change of shape, or of the precision of floats. */
function isPassage(node: NodeProto): boolean {
  return isOperator(node, ...reshaping) || isFloatCast(node);
}

/** The value from which casts between float types compute another. */
function beforeCasts(value: string, links: Links): string {
  const node = links.producer(value);
  return node !== undefined && isFloatCast(node) ? beforeCasts(node.input[0] ?? '', links) : value;
}

/** What an activation reads; undefined for any other node. */
export function activationInput(node: NodeProto, links: Links): string | undefined {
  if (isOperator(node, 'Softmax', 'LogSoftmax', 'Sigmoid', 'Exp', 'Log')) return node.input[0];
  return decomposedSoftmax(node, links);
}

/** @param base what the first activation reads, in words */
function afterActivation(
  current: OutputKind,
  node: NodeProto,
  { output, base }: { readonly output: string; readonly base: string },
): OutputKind {
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
  const of = current === 'logits' ? base : current === 'scores' ? 'the scores of a Sigmoid' : current;
  const flattened = isOperator(node, 'Softmax') ? ', which makes all classes almost equally probable' : '';
  throw new UserError(
    `${output} is the ${node.opType} of ${of} (${describeNode(node)})${flattened}: export the model with one Softmax, or with ` +
      'its logits as the output',
  );
}

/** An activation with arithmetic between it and the output, or between it and the next activation. */
function arithmeticAfter(
  activation: NodeProto,
  { output, logits, links }: { readonly output: string; readonly logits: string; readonly links: Links },
): UserError {
  let arithmetic = links.producer(logits) ?? activation;
  while (isPassage(arithmetic)) arithmetic = links.producer(arithmetic.input[0] ?? '') ?? activation;
  return new UserError(
    `${output} is computed from the output of ${describeNode(activation)} by ${describeNode(arithmetic)}, so it is neither probabilities nor ` +
      'logits: export the model with the output of the former',
  );
}

function notAClassifier(output: string, last: NodeProto | undefined, links: Links): UserError {
  if (last === undefined) return new UserError(`not a classifier: no node computes ${output}`);
  const producer = links.producer(output) ?? last;
  const by = describeNode(producer) + (producer === last ? '' : `, from the output of ${describeNode(last)}`);
  return new UserError(
    `${output} is computed by ${by}, which the import cannot read as probabilities or logits: export the model with an ` +
      'output of Softmax, Gemm, MatMul or a 1×1 Conv',
  );
}
