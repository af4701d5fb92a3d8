import { createHash } from 'node:crypto';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import { type ModelManifest, modelId, parseManifest } from '../../shared/models/model-manifest.ts';
import { referenceImage } from '../../shared/models/reference-image.ts';
import { graphOf, modelOf } from '../graph/graph.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import { networkFile } from '../replace-directory.ts';
import { type Prediction, predictCrops } from '../verify/predict-crops.ts';
import { syntheticCrops } from '../verify/synthetic-crops.ts';
import { writeModelDirectory } from '../write-model-directory.ts';
import { addBoxOutput } from './add-box-output.ts';
import type { LinearHead } from './linear-head.ts';
import { maxBoxDeviation, maxDeviation } from './max-deviation.ts';
import { replaceHead } from './replace-head.ts';

export interface FinetunedLayers {
  readonly head: LinearHead;
  /** Box regression of a detector: four outputs, see `BoxOffsets`. */
  readonly boxes?: LinearHead | undefined;
}

export interface FinetunedDescription {
  /** Name of each class; also its id. */
  readonly labels: readonly string[];
  /** Of a detector, see `ModelManifest`. */
  readonly backgroundLabel?: string | undefined;
  /** Name of the new model. */
  readonly name: string;
  readonly out: string;
}

/** Tolerance of the network's probabilities and boxes, compared with double-precision arithmetic. */
const headTolerance = 1e-5;

/**
 * Writes a model whose last layer is replaced. Before that, it checks that embeddings are unchanged and that the new outputs are those of
 * the fitted layers.
 * @throws {UserError} when `out` cannot be replaced or a check fails; then nothing is written
 */
export async function writeFinetunedModel(
  model: Model,
  layers: FinetunedLayers,
  { labels, backgroundLabel, name, out }: FinetunedDescription,
): Promise<ModelManifest> {
  const { manifest, network } = model;
  const { boxes: _replaced, ...outputs } = manifest.outputs;
  const classifier = replaceHead(graphOf(decodeModel(network)), outputs, layers.head);
  const detector = layers.boxes && addBoxOutput(classifier, outputs.embedding, layers.boxes);
  const bytes = encodeModel(modelOf(detector?.graph ?? classifier));
  const { knownAnswer: _, derivedFrom: _parents, backgroundLabel: _former, ...kept } = manifest;
  const described = parseManifest({
    ...kept,
    name,
    file: networkFile,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    outputs: detector === undefined ? outputs : { ...outputs, boxes: detector.output },
    labels: labels.map((label) => ({ id: label, name: label })),
    ...(backgroundLabel !== undefined && { backgroundLabel }),
    finetunedFrom: [modelId(manifest), ...(manifest.finetunedFrom ?? [])],
  });
  await checkAnswers(model, layers, described, bytes);
  return writeModelDirectory(out, described, bytes);
}

async function checkAnswers(
  { manifest, network }: Model,
  { head, boxes }: FinetunedLayers,
  described: ModelManifest,
  bytes: Uint8Array,
): Promise<void> {
  const crops = [referenceImage(manifest.input.shape), ...syntheticCrops(3, manifest.preprocess.crop)];
  const before = await predictCrops(crops, network, manifest);
  const after = await predictCrops(crops, bytes, described);
  const same = after.every(
    ({ embedding }, image) => Buffer.compare(bits(embedding), bits(before[image]?.embedding)) === 0,
  );
  if (!same) throw new UserError('the embeddings of the new network differ from the old ones; nothing was written');
  checkDeviation('probabilities', after, (answer) => maxDeviation(head, answer));
  if (boxes !== undefined) checkDeviation('boxes', after, (answer) => maxBoxDeviation(boxes, answer));
}

function checkDeviation(
  output: string,
  answers: readonly Prediction[],
  deviationOf: (answer: Prediction) => number,
): void {
  const deviation = Math.max(...answers.map(deviationOf));
  if (deviation <= headTolerance) return;
  throw new UserError(
    `the new network's ${output} differ from the fitted layer by ${deviation.toExponential(1)} ` +
      `(tolerance ${headTolerance}); nothing was written`,
  );
}

function bits(values: Float32Array | undefined): Uint8Array {
  return values === undefined ? new Uint8Array() : new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
