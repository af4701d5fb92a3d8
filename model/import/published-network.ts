import { isLinear } from '../graph/classifier-tail.ts';
import { type Graph, graphOf, type PassResult } from '../graph/graph.ts';
import { type ImageInput, imageInputOf } from '../graph/image-input.ts';
import { type OutputKind, outputHead } from '../graph/output-head.ts';
import { findReducedPrecision, type ReducedPrecision } from '../graph/require-float.ts';
import { elementType } from '../onnx/element-type.ts';
import { maxNetworkBytes, tooLarge } from '../onnx/external-data.ts';
import type { ValueInfoProto } from '../onnx/onnx_pb.ts';
import type { PublishedFile } from '../onnx/read-network.ts';
import { tensorBytes } from '../onnx/tensor.ts';
import { foldConstants } from '../passes/fold-constants.ts';
import { removeUnusedNodes } from '../passes/remove-unused-nodes.ts';
import { checkOperators } from './check-importable.ts';
import { liftConstants } from './file/lift-constants.ts';
import { removeDropout } from './file/remove-dropout.ts';
import { removeWeightInputs } from './file/remove-weight-inputs.ts';
import { selectClasses, selectEmbedding, vectorOutputs } from './file/select-outputs.ts';
import { widenHalf } from './file/widen-half.ts';
import { removeOutputRounding } from './head/remove-output-rounding.ts';

/** A published classifier: how it takes images and what its outputs mean. */
export interface PublishedNetwork {
  readonly file: PublishedFile;
  readonly image: ImageInput;
  /** Name of the output with the classes, and what that output means. */
  readonly output: string;
  readonly kind: OutputKind;
  /** Name of the network's own embedding output. */
  readonly embedding: string | undefined;
  readonly precision: ReducedPrecision | undefined;
  /** In float, with constants computed, and only the outputs that are used. */
  readonly graph: Graph;
}

/**
 * Reads how a published classifier takes images and what its outputs mean.
 * @param output name of the output with the classes; needed if there are several
 * @throws {UserError} with the part of the network that cannot be imported
 */
export async function openPublished(file: PublishedFile, output?: string): Promise<PublishedNetwork> {
  const loaded = apply(graphOf(file.model), [removeWeightInputs, liftConstants]);
  const classes = selectClasses(loaded, output);
  const embedding = await findEmbedding(loaded, classes, file.path);
  const outputs = embedding === undefined ? [classes] : [classes, embedding];
  const { used, image, graph } = await toFloat(loaded, outputs, file.path);
  return {
    ...{ file, image, graph, output: classes.name, embedding: embedding?.name },
    kind: outputHead(graph, classes.name).kind,
    precision: findReducedPrecision(used),
  };
}

/** The network's own embedding. The head is read with constants computed, so that its arithmetic is recognized. */
async function findEmbedding(
  loaded: Graph,
  classes: ValueInfoProto,
  path: string,
): Promise<ValueInfoProto | undefined> {
  const vectors = vectorOutputs(loaded, classes);
  if (vectors.length === 0) return undefined;
  const { graph } = await toFloat(loaded, [classes], path);
  const { last } = outputHead(graph, classes.name);
  return selectEmbedding(loaded, vectors, last && isLinear(last, graph) ? last.output[0] : undefined);
}

/**
 * The part of a graph that computes these outputs.
 * @returns `used`, as in the file, and `graph`, in float and with constants computed
 */
async function toFloat(
  loaded: Graph,
  outputs: readonly ValueInfoProto[],
  path: string,
): Promise<{ readonly used: Graph; readonly image: ImageInput; readonly graph: Graph }> {
  const used =
    outputs.length === loaded.outputs.length ? { ...loaded, outputs } : removeUnusedNodes({ ...loaded, outputs }).graph;
  checkOperators(used);
  checkFloatSize(used, path);
  const image = imageInputOf(used);
  const { graph: folded } = await foldConstants(apply(used, [widenHalf]));
  const [classes] = outputs;
  const unrounded = (graph: Graph) => removeOutputRounding(graph, classes?.name ?? '');
  return { used, image, graph: apply(folded, [removeDropout, unrounded, removeUnusedNodes]) };
}

/** @throws {UserError} if the weights of a float16 network are too large for one file once they are widened */
function checkFloatSize({ initializers }: Graph, path: string): void {
  const halves = [...initializers.values()].filter(({ dataType }) => dataType === elementType.float16);
  const bytes = halves.reduce((sum, tensor) => sum + 2 * tensorBytes(tensor), 0);
  if (bytes > maxNetworkBytes) throw tooLarge(path, bytes);
}

function apply(graph: Graph, passes: readonly ((graph: Graph) => PassResult)[]): Graph {
  return passes.reduce((current, pass) => pass(current).graph, graph);
}
