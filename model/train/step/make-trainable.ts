import { UserError } from '../../../shared/failures/user-error.ts';
import { floatAttribute, getInt, intAttribute } from '../../graph/attribute.ts';
import type { Graph } from '../../graph/graph.ts';
import { freshName } from '../../graph/names.ts';
import { describeNode, isOperator, makeNode } from '../../graph/node.ts';
import { makeValue, tensorType } from '../../graph/value.ts';
import { elementType } from '../../onnx/element-type.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { removeUnusedNodes } from '../../passes/remove-unused-nodes.ts';
import type { Layout } from './parameters.ts';

/** Operator set of training graphs. */
export const trainingOpset = 17;
/** Operators that changed between `unchangedSince` and older operator sets. */
const changed = ['Clip', 'Dropout', 'Pad', 'ReduceSum', 'Resize', 'Slice', 'Split', 'Squeeze', 'TopK', 'Unsqueeze'];
/** Since this operator set, no operator changed in a way that matters here. */
const unchangedSince = 13;

/** The main classifier of a network, or an auxiliary classifier, which is used only in training. */
export interface Classifier {
  /** Name of the probabilities. */
  readonly output: string;
  /** Name of the input of the softmax, float [N, classes]. */
  readonly logits: string;
  readonly dropout: Dropout | undefined;
}

export interface Dropout {
  /** Name of the input of random numbers from 0 to 1, float [N, features]. */
  readonly uniform: string;
  readonly features: number;
}

/** A network with float pixels as its input. */
export interface TrainableNetwork {
  readonly graph: Graph;
  /** Name of its input, float [N, 3, height, width], pixels from 0 to 255. */
  readonly pixels: string;
  /** The main classifier first. */
  readonly classifiers: readonly Classifier[];
  /** For each statistic, the name of its value for the current batch. */
  readonly batchStatistics: ReadonlyMap<string, string>;
}

export interface DropoutRates {
  /** Before the main classifier; the paper uses 0.4. */
  readonly dropout: number;
  /** Before auxiliary classifiers; the paper uses 0.7. */
  readonly auxiliaryDropout: number;
}

/**
 * Converts a network for training: the uint8 input is replaced by float pixels, trained batch normalization uses the
 * statistics of each batch, and dropout is added before each classifier.
 * @param probabilities name of the main classifier's output
 * @throws {UserError} when the network does not have the structure that "model import" and "model build" write
 */
export function makeTrainable(
  source: Graph,
  probabilities: string,
  { statistics }: Layout,
  options: DropoutRates,
): TrainableNetwork {
  const { graph: opened, pixels } = withFloatInput(inTrainingOpset(source));
  const { graph: normalized, batchStatistics } = withBatchStatistics(
    opened,
    new Set(statistics.map(({ name }) => name)),
  );
  const names = opened.outputs.map(({ name }) => name).filter((name) => name !== probabilities);
  const main = softmaxOf(normalized, probabilities);
  if (main === undefined) {
    throw new UserError(`the network cannot be trained: ${probabilities} is not the Softmax of [N, classes]`);
  }
  const auxiliary = names.flatMap((name) => softmaxOf(normalized, name) ?? []);
  let graph: Graph = normalized;
  const classifiers = [main, ...auxiliary].map(({ output, logits }, index): Classifier => {
    const ratio = index === 0 ? options.dropout : options.auxiliaryDropout;
    if (ratio === 0) return { output, logits, dropout: undefined };
    const dropped = withDropout(graph, logits, ratio, index);
    graph = dropped.graph;
    return { output, logits, dropout: dropped.dropout };
  });
  return { graph, pixels, classifiers, batchStatistics };
}

function inTrainingOpset(graph: Graph): Graph {
  if (graph.opset > trainingOpset) {
    throw new UserError(
      `the network cannot be trained: it has operator set ${graph.opset}, but the maximum is ${trainingOpset}`,
    );
  }
  if (graph.opset >= unchangedSince) return { ...graph, opset: trainingOpset, irVersion: Math.max(8, graph.irVersion) };
  const nodes = graph.nodes.map((node) => {
    if (isOperator(node, ...changed)) {
      throw new UserError(
        `${describeNode(node)} of operator set ${graph.opset} cannot be trained: operator set ${unchangedSince} or later is ` +
          'required',
      );
    }
    const needsAxis = isOperator(node, 'Softmax') && !node.attribute.some(({ name }) => name === 'axis');
    return needsAxis ? { ...node, attribute: [...node.attribute, intAttribute('axis', 1)] } : node;
  });
  return { ...graph, nodes, opset: trainingOpset, irVersion: Math.max(8, graph.irVersion) };
}

/** Removes the conversion from bytes to floats at the input. */
function withFloatInput(graph: Graph): { graph: Graph; pixels: string } {
  const [image] = graph.inputs;
  const cast = graph.nodes.find((node) => isOperator(node, 'Cast') && getInt(node, 'to', 0) === elementType.float);
  const planes = graph.nodes.find((node) => node.output[0] === cast?.input[0]);
  if (image === undefined || cast === undefined || planes?.input[0] !== image.name) {
    throw new UserError('the network cannot be trained: it does not begin with Transpose and Cast; import it again');
  }
  const [, height = 0, width = 0, channels = 3] = tensorType(image).shape ?? [];
  const pixels = cast.output[0] ?? '';
  const nodes = graph.nodes.filter((node) => node !== cast && node !== planes);
  return { graph: { ...graph, nodes, inputs: [makeValue(pixels, 'float', ['N', channels, height, width])] }, pixels };
}

/**
 * With momentum 0, the running statistics that a node outputs are those of the batch. The runtime writes them to the memory
 * of the old ones, and merges equal constants. So that no two nodes write to the same memory, the old statistics, which are
 * not used, are computed separately for each node.
 */
function withBatchStatistics(graph: Graph, trained: ReadonlySet<string>) {
  const batchStatistics = new Map<string, string>();
  const zero = freshName(graph, 'batch_statistics/zero');
  const nodes = graph.nodes.flatMap((node): NodeProto[] => {
    const [image = '', scale = '', shift = '', mean = '', variance = ''] = node.input;
    if (!isOperator(node, 'BatchNormalization') || !trained.has(mean) || !trained.has(variance)) return [node];
    const [batchMean, batchVariance] = [freshName(graph, `${mean}_of_batch`), freshName(graph, `${variance}_of_batch`)];
    batchStatistics.set(mean, batchMean).set(variance, batchVariance);
    const kept = node.attribute.filter(({ name }) => name !== 'momentum' && name !== 'training_mode');
    const attribute = [...kept, floatAttribute('momentum', 0), intAttribute('training_mode', 1)];
    const input = [image, scale, shift, `${batchMean}_before`, `${batchVariance}_before`];
    return [
      makeNode('Mul', [scale, zero], [`${batchMean}_before`]),
      makeNode('Mul', [shift, zero], [`${batchVariance}_before`]),
      { ...node, input, output: [node.output[0] ?? '', batchMean, batchVariance], attribute },
    ];
  });
  const all = batchStatistics.size === 0 ? nodes : [constantNode(zero, 0), ...nodes];
  return { graph: { ...graph, nodes: all }, batchStatistics };
}

function softmaxOf(graph: Graph, output: string): { output: string; logits: string } | undefined {
  const node = graph.nodes.find((candidate) => candidate.output[0] === output);
  const shape = tensorType(graph.outputs.find(({ name }) => name === output) ?? makeValue(output, 'float', [])).shape;
  if (node === undefined || !isOperator(node, 'Softmax') || shape?.length !== 2) return undefined;
  return { output, logits: node.input[0] ?? '' };
}

/**
 * Inverted dropout (Srivastava et al. 2014, section 10): features whose random number is below the ratio become 0, the
 * others are scaled by 1 / (1 − ratio). The random numbers are an input, so that a step is reproducible.
 */
function withDropout(graph: Graph, logits: string, ratio: number, index: number): { graph: Graph; dropout: Dropout } {
  const at = graph.nodes.findIndex((node) => node.output[0] === logits && isOperator(node, 'Gemm', 'MatMul', 'Add'));
  const linear = linearLayer(graph, at);
  if (linear === undefined)
    throw new UserError(`the network cannot be trained with dropout: ${logits} is not the output of a linear layer`);
  const { node, features } = linear;
  const name = (suffix: string) => freshName(graph, `dropout_${index}/${suffix}`);
  const [uniform, ratioName, isKept, kept] = [name('uniform'), name('ratio'), name('is_kept'), name('kept')];
  const [scale, scaled, result] = [name('scale'), name('scaled'), name('features')];
  const dropoutNodes = [
    constantNode(ratioName, ratio),
    constantNode(scale, 1 / (1 - ratio)),
    makeNode('GreaterOrEqual', [uniform, ratioName], [isKept]),
    makeNode('Cast', [isKept], [kept], { attributes: [intAttribute('to', elementType.float)] }),
    makeNode('Mul', [kept, scale], [scaled]),
    makeNode('Mul', [node.input[0] ?? '', scaled], [result]),
  ];
  const nodes = graph.nodes.flatMap((other) =>
    other === node ? [...dropoutNodes, { ...other, input: [result, ...other.input.slice(1)] }] : [other],
  );
  const inputs = [...graph.inputs, makeValue(uniform, 'float', ['N', features])];
  return { graph: { ...graph, nodes, inputs }, dropout: { uniform, features } };
}

function linearLayer(graph: Graph, at: number): { node: NodeProto; features: number } | undefined {
  const last = graph.nodes[at];
  if (last === undefined) return undefined;
  const node = isOperator(last, 'Add')
    ? graph.nodes.find((other) => isOperator(other, 'MatMul') && last.input.includes(other.output[0] ?? ''))
    : last;
  const weights = node === undefined ? undefined : graph.initializers.get(node.input[1] ?? '');
  if (node === undefined || weights === undefined) return undefined;
  const features = weights.dims[getInt(node, 'transB', 0) === 1 ? 1 : 0];
  return features === undefined ? undefined : { node, features: Number(features) };
}

function constantNode(name: string, value: number): NodeProto {
  return makeNode('Constant', [], [name], { attributes: [floatAttribute('value_float', value)] });
}

/** The network with only these outputs, without the nodes that they do not need. */
export function withOutputs(graph: Graph, names: readonly string[]): Graph {
  return removeUnusedNodes({ ...graph, outputs: graph.outputs.filter(({ name }) => names.includes(name)) }).graph;
}
