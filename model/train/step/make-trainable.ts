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

/** The operator set in which steps are written. */
export const trainingOpset = 17;
/** Operators that another operator set writes otherwise. */
const changed = ['Clip', 'Dropout', 'Pad', 'ReduceSum', 'Resize', 'Slice', 'Split', 'Squeeze', 'TopK', 'Unsqueeze'];
/** The operator set since which nothing changed that matters here. */
const settled = 13;

/** A classifier of the network: the last one, or one that is there for training only. */
export interface Classifier {
  /** Its output of probabilities. */
  readonly output: string;
  /** What its softmax reads, float [N, classes]. */
  readonly logits: string;
  /** What of its input is left out at random. */
  readonly dropout: Dropout | undefined;
}

export interface Dropout {
  /** Name of an input: numbers from 0 to 1, float [N, features]. */
  readonly uniform: string;
  readonly features: number;
}

/** A network as it is trained: float images in, as the network's first arithmetic finds them. */
export interface TrainableNetwork {
  readonly graph: Graph;
  /** Name of its input, float [N, 3, height, width], pixels from 0 to 255. */
  readonly pixels: string;
  /** The main classifier first. */
  readonly classifiers: readonly Classifier[];
  /** By the name of each statistic, the value that a batch gives for it. */
  readonly batchStatistics: ReadonlyMap<string, string>;
}

export interface DropoutRates {
  /** Share of the last features that is left out at random; the paper has 0.4. */
  readonly dropout: number;
  /** The same of auxiliary classifiers; the paper has 0.7. */
  readonly auxiliaryDropout: number;
}

/**
 * Makes of a served network one to be trained: bytes in are replaced by float pixels, batch normalization whose weights are
 * trained measures each batch, and features are left out before each classifier.
 * @param probabilities name of the main classifier's output
 * @throws {UserError} when the network is not built as import and build write it
 */
export function makeTrainable(
  source: Graph,
  probabilities: string,
  { statistics }: Layout,
  options: DropoutRates,
): TrainableNetwork {
  const { graph: opened, pixels } = withFloatInput(inTrainingOpset(source));
  const { graph: measured, batchStatistics } = withBatchStatistics(opened, new Set(statistics.map(({ name }) => name)));
  const names = opened.outputs.map(({ name }) => name).filter((name) => name !== probabilities);
  const main = softmaxOf(measured, probabilities);
  if (main === undefined) {
    throw new UserError(
      `expected ${probabilities} to be the Softmax of [N, classes], as the last layer of a classifier`,
    );
  }
  const others = names.flatMap((name) => softmaxOf(measured, name) ?? []);
  let graph: Graph = measured;
  const classifiers = [main, ...others].map(({ output, logits }, index): Classifier => {
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
    throw new UserError(`the network is of operator set ${graph.opset}: up to ${trainingOpset} can be trained`);
  }
  if (graph.opset >= settled) return { ...graph, opset: trainingOpset, irVersion: Math.max(8, graph.irVersion) };
  const nodes = graph.nodes.map((node) => {
    if (isOperator(node, ...changed)) {
      throw new UserError(
        `${describeNode(node)} of operator set ${graph.opset} cannot be trained: expected ${settled} or later`,
      );
    }
    const needsAxis = isOperator(node, 'Softmax') && !node.attribute.some(({ name }) => name === 'axis');
    return needsAxis ? { ...node, attribute: [...node.attribute, intAttribute('axis', 1)] } : node;
  });
  return { ...graph, nodes, opset: trainingOpset, irVersion: Math.max(8, graph.irVersion) };
}

/** Cuts the network behind the cast that makes floats of the image's bytes. */
function withFloatInput(graph: Graph): { graph: Graph; pixels: string } {
  const [image] = graph.inputs;
  const cast = graph.nodes.find((node) => isOperator(node, 'Cast') && getInt(node, 'to', 0) === elementType.float);
  const planes = graph.nodes.find((node) => node.output[0] === cast?.input[0]);
  if (image === undefined || cast === undefined || planes?.input[0] !== image.name) {
    throw new UserError('expected the network to begin with the transpose and cast that import and build write');
  }
  const [, height = 0, width = 0, channels = 3] = tensorType(image).shape ?? [];
  const pixels = cast.output[0] ?? '';
  const nodes = graph.nodes.filter((node) => node !== cast && node !== planes);
  return { graph: { ...graph, nodes, inputs: [makeValue(pixels, 'float', ['N', channels, height, width])] }, pixels };
}

/**
 * With a momentum of 0 the running statistics that a node gives are the batch's own. The runtime writes them over the old
 * ones, and takes equal constants for one: so that no two nodes write to the same memory, the old ones, which are read by
 * nothing then, are computed for each.
 */
function withBatchStatistics(graph: Graph, trained: ReadonlySet<string>) {
  const batchStatistics = new Map<string, string>();
  const zero = freshName(graph, 'batch_statistics/zero');
  const nodes = graph.nodes.flatMap((node): NodeProto[] => {
    const [image = '', scale = '', shift = '', mean = '', variance = ''] = node.input;
    if (!isOperator(node, 'BatchNormalization') || !trained.has(mean) || !trained.has(variance)) return [node];
    const [own, spread] = [freshName(graph, `${mean}_of_batch`), freshName(graph, `${variance}_of_batch`)];
    batchStatistics.set(mean, own).set(variance, spread);
    const kept = node.attribute.filter(({ name }) => name !== 'momentum' && name !== 'training_mode');
    const attribute = [...kept, floatAttribute('momentum', 0), intAttribute('training_mode', 1)];
    const input = [image, scale, shift, `${own}_before`, `${spread}_before`];
    return [
      makeNode('Mul', [scale, zero], [`${own}_before`]),
      makeNode('Mul', [shift, zero], [`${spread}_before`]),
      { ...node, input, output: [node.output[0] ?? '', own, spread], attribute },
    ];
  });
  const whole = batchStatistics.size === 0 ? nodes : [constantNode(zero, 0), ...nodes];
  return { graph: { ...graph, nodes: whole }, batchStatistics };
}

function softmaxOf(graph: Graph, output: string): { output: string; logits: string } | undefined {
  const node = graph.nodes.find((candidate) => candidate.output[0] === output);
  const shape = tensorType(graph.outputs.find(({ name }) => name === output) ?? makeValue(output, 'float', [])).shape;
  if (node === undefined || !isOperator(node, 'Softmax') || shape?.length !== 2) return undefined;
  return { output, logits: node.input[0] ?? '' };
}

/**
 * Features are left out where a uniform number is below the ratio, and the others raised so that their sum stays the same
 * on average (Srivastava et al. 2014, section 10). The numbers are fed, so that a step can be repeated exactly.
 */
function withDropout(graph: Graph, logits: string, ratio: number, index: number): { graph: Graph; dropout: Dropout } {
  const at = graph.nodes.findIndex((node) => node.output[0] === logits && isOperator(node, 'Gemm', 'MatMul', 'Add'));
  const linear = linearLayer(graph, at);
  if (linear === undefined)
    throw new UserError(`expected a linear layer before the softmax to leave features out of, at ${logits}`);
  const { node, features } = linear;
  const [uniform, ratioName, isKept, kept, share] = ['uniform', 'ratio', 'is_kept', 'kept', 'share'].map((name) =>
    freshName(graph, `dropout_${index}/${name}`),
  );
  if (
    uniform === undefined ||
    ratioName === undefined ||
    isKept === undefined ||
    kept === undefined ||
    share === undefined
  ) {
    throw new Error('expected five names');
  }
  const result = freshName(graph, `dropout_${index}/features`);
  const own = [
    constantNode(ratioName, ratio),
    constantNode(share, 1 / (1 - ratio)),
    makeNode('GreaterOrEqual', [uniform, ratioName], [isKept]),
    makeNode('Cast', [isKept], [kept], { attributes: [intAttribute('to', elementType.float)] }),
    makeNode('Mul', [kept, share], [`${kept}_share`]),
    makeNode('Mul', [node.input[0] ?? '', `${kept}_share`], [result]),
  ];
  const nodes = graph.nodes.flatMap((other) =>
    other === node ? [...own, { ...other, input: [result, ...other.input.slice(1)] }] : [other],
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

/** The network without what only training needs: its outputs are these alone. */
export function withOutputs(graph: Graph, names: readonly string[]): Graph {
  return removeUnusedNodes({ ...graph, outputs: graph.outputs.filter(({ name }) => names.includes(name)) }).graph;
}
