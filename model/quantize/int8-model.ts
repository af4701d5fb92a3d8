import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { getString } from '../graph/attribute.ts';
import { type Graph, graphOf, modelOf } from '../graph/graph.ts';
import { requireFloat } from '../graph/require-float.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import { explicitPadding } from '../passes/explicit-padding.ts';
import { foldBatchNorm } from '../passes/fold-batch-norm.ts';
import { foldPadding } from '../passes/fold-padding.ts';
import { restoreLrn } from '../passes/restore-lrn.ts';
import { inferValueTypes } from '../passes/value-types.ts';
import { checkNotSource, checkReplaceable } from '../replace-directory.ts';
import type { Agreement } from '../verify/agreement.ts';
import { writeDerivedModel } from '../write-derived-model.ts';
import type { FloatNode } from './float-node.ts';
import type { Observations } from './observe-values.ts';
import { quantizeNetwork } from './quantize-network.ts';

/** A float model directory, with its network as it is calibrated and quantized. */
export interface FloatModel {
  readonly source: string;
  readonly model: Model;
  readonly graph: Graph;
}

/** An int8 network in memory. */
export interface Int8Network {
  readonly network: Uint8Array;
  /** Nodes that stayed in float. */
  readonly inFloat: readonly FloatNode[];
}

export interface Int8Model {
  readonly directory: string;
  readonly manifest: ModelManifest;
  /** Nodes that stayed in float. */
  readonly inFloat: readonly FloatNode[];
  /** Compared with the float model. */
  readonly agreement: Agreement;
}

export interface FloatModelOptions {
  /** Float model directory. */
  readonly source: string;
  /** Model directory to write. */
  readonly out: string;
  /** Replaces an existing model. @default false */
  readonly overwrite?: boolean | undefined;
}

/** @throws {UserError} when the model cannot be quantized, or `out` cannot be written */
export async function openFloatModel({ source, out, overwrite }: FloatModelOptions): Promise<FloatModel> {
  await checkNotSource(source, out);
  await checkReplaceable(out, overwrite);
  const model = await loadModel(source);
  const float = graphOf(decodeModel(model.network, source));
  requireFloat(float, model.manifest);
  return { source, model, graph: await prepare(float, model.manifest) };
}

/** The form of a network that is calibrated and quantized. */
async function prepare(float: Graph, { input }: ModelManifest): Promise<Graph> {
  const { graph } = foldBatchNorm(restoreLrn(float).graph);
  const leavesPadding = graph.nodes.some((node) => getString(node, 'auto_pad', 'NOTSET') !== 'NOTSET');
  if (!leavesPadding) return foldPadding(graph).graph;
  const types = await inferValueTypes(graph, new Map([[input.name, [1, ...input.shape]]]));
  return foldPadding(explicitPadding(graph, types).graph).graph;
}

/**
 * Quantizes with given ranges. Deterministic: the same network, ranges and float layers give the same bytes on every
 * machine.
 * @param floatLayers outputs of the layers that stay in float
 */
export function makeInt8Network(
  { graph }: Pick<FloatModel, 'graph'>,
  observations: Observations,
  floatLayers: ReadonlySet<string>,
): Int8Network {
  const quantized = quantizeNetwork(graph, observations, (output) => floatLayers.has(output));
  return { network: encodeModel(modelOf(quantized.graph)), inFloat: quantized.inFloat };
}

/** Writes the model directory of an int8 network. */
export async function writeInt8Model(
  { model: { manifest } }: FloatModel,
  { network, inFloat }: Int8Network,
  agreement: Agreement,
  out: string,
): Promise<Int8Model> {
  const written = await writeDerivedModel(out, manifest, `${manifest.name}-int8`, network);
  return { directory: out, manifest: written, inFloat, agreement };
}
