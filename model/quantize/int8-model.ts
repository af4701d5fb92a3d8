import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { type Graph, graphOf, modelOf } from '../graph/graph.ts';
import { requireFloat } from '../graph/require-float.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import { foldBatchNorm } from '../passes/fold-batch-norm.ts';
import { foldPadding } from '../passes/fold-padding.ts';
import { restoreLrn } from '../passes/restore-lrn.ts';
import { checkNotSource, checkReplaceable } from '../replace-directory.ts';
import { type Agreement, compareNetworks } from '../verify/agreement.ts';
import { writeDerivedModel } from '../write-derived-model.ts';
import type { Observations } from './observe-values.ts';
import { quantizeNetwork } from './quantize-network.ts';

/** A float model directory, with its network as it is calibrated and quantized. */
export interface FloatModel {
  readonly source: string;
  readonly model: Model;
  readonly graph: Graph;
}

export interface Int8Model {
  readonly directory: string;
  readonly manifest: ModelManifest;
  /** Nodes that stayed in float. */
  readonly inFloat: readonly string[];
  /** Compared with the float model. */
  readonly agreement: Agreement;
}

/** Images on which the int8 model is compared with the float model. */
export interface Comparison {
  /** uint8 [height, width, 3] each. */
  readonly crops: readonly Uint8Array[];
  /** False for synthetic images: their best labels are too close to each other to stay the same. */
  readonly haveLabels: boolean;
}

/** Below this share of equal labels, or this embedding cosine, the error is more than rounding. */
const minAgreement = 0.9;

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
  return { source, model, graph: foldPadding(foldBatchNorm(restoreLrn(float).graph).graph).graph };
}

/**
 * Writes the int8 model that given ranges make of a float model. Deterministic: the same network and ranges give the same
 * model id on every machine.
 * @throws {UserError} when the int8 model differs too much from the float model; then nothing is written
 */
export async function writeInt8Model(
  { source, model, graph }: FloatModel,
  observations: Observations,
  { crops, haveLabels }: Comparison,
  out: string,
): Promise<Int8Model> {
  const { manifest } = model;
  const quantized = quantizeNetwork(graph, observations);
  const network = encodeModel(modelOf(quantized.graph));
  const agreement = await compareNetworks(model, network, crops);
  const requiredLabels = haveLabels ? minAgreement : 0;
  if (!(agreement.sameLabel >= requiredLabels && agreement.embeddingCosine >= minAgreement)) {
    throw new UserError(
      `the int8 model differs too much from ${source}: same label on ${(agreement.sameLabel * 100).toFixed(1)} % of the ` +
        `images (at least ${requiredLabels * 100} % required), embedding cosine ${agreement.embeddingCosine.toFixed(3)} ` +
        `(at least ${minAgreement} required); nothing was written`,
    );
  }
  const written = await writeDerivedModel(out, manifest, `${manifest.name}-int8`, network);
  return { directory: out, manifest: written, inFloat: quantized.inFloat, agreement };
}
