import { createHash } from 'node:crypto';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import { type ModelManifest, modelId, parseManifest } from '../../shared/models/model-manifest.ts';
import { referenceImage } from '../../shared/models/reference-image.ts';
import { graphOf, modelOf } from '../graph/graph.ts';
import { decodeModel, encodeModel } from '../onnx/model-file.ts';
import { networkFile } from '../replace-directory.ts';
import { predictCrops } from '../verify/predict-crops.ts';
import { syntheticCrops } from '../verify/synthetic-crops.ts';
import { writeModelDirectory } from '../write-model-directory.ts';
import { chooseStrength } from './choose-strength.ts';
import { type CrossValidation, crossValidate } from './cross-validate.ts';
import { fitHead, scalingOf } from './fit-head.ts';
import type { Examples, LinearHead } from './linear-head.ts';
import { maxDeviation } from './max-deviation.ts';
import { openHeadMath } from './open-head-math.ts';
import { replaceHead } from './replace-head.ts';

export interface FinetuneOptions {
  readonly model: Model;
  readonly examples: Examples;
  /** Name of each class; also its id. */
  readonly labels: readonly string[];
  /** Name of the new model, see `finetunedName`. */
  readonly name: string;
  readonly out: string;
  readonly folds: number;
  readonly seed: number;
  /** Of each fit, see `minimize`. */
  readonly maxIterations?: number;
  /** Called at the start of each fold and of the final fit, with its description. */
  readonly onStep?: (step: string) => void;
}

export interface FinetuneResult {
  readonly manifest: ModelManifest;
  readonly crossValidation: CrossValidation;
  /** L2 penalty of the written model, chosen on all images. */
  readonly strength: number;
  /** Whether the final fit converged. */
  readonly converged: boolean;
}

/** Tolerance of the network's probabilities, compared with double-precision arithmetic. */
const headTolerance = 1e-5;

/**
 * Replaces the last linear layer of a model by one fitted to embeddings of labeled images, and writes a new model. Before
 * writing, it checks that embeddings are unchanged and that probabilities are those of the fitted layer.
 * @throws {UserError} when `out` cannot be replaced or a check fails; then nothing is written
 */
export async function finetuneModel(options: FinetuneOptions): Promise<FinetuneResult> {
  const { model, examples, labels, name, out, folds, seed, maxIterations, onStep } = options;
  const math = await openHeadMath(examples);
  try {
    const onFold = (fold: number, count: number) => onStep?.(`fold ${fold} of ${count}`);
    const crossValidation = await crossValidate(math, examples, labels, { folds, seed, maxIterations, onFold });
    onStep?.(`all ${examples.labels.length} images`);
    const rows = [...examples.labels.keys()];
    const strength = await chooseStrength(math, examples, rows, seed);
    const scaling = await scalingOf(math, rows);
    const { size, classes } = examples;
    const { head, converged } = await fitHead(math, scaling, { rows, size, classes, strength, maxIterations });
    const manifest = await write(model, head, labels, name, out);
    return { manifest, crossValidation, strength, converged };
  } finally {
    await math.close();
  }
}

async function write(
  model: Model,
  head: LinearHead,
  labels: readonly string[],
  name: string,
  out: string,
): Promise<ModelManifest> {
  const { manifest, network } = model;
  const graph = replaceHead(graphOf(decodeModel(network)), manifest.outputs, head);
  const bytes = encodeModel(modelOf(graph));
  const { knownAnswer: _, derivedFrom: _parents, ...kept } = manifest;
  const described = parseManifest({
    ...kept,
    name,
    file: networkFile,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    labels: labels.map((label) => ({ id: label, name: label })),
    finetunedFrom: [modelId(manifest), ...(manifest.finetunedFrom ?? [])],
  });
  await checkAnswers(model, head, described, bytes);
  return writeModelDirectory(out, described, bytes);
}

async function checkAnswers(
  { manifest, network }: Model,
  head: LinearHead,
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
  const deviation = Math.max(...after.map((answer) => maxDeviation(head, answer)));
  if (!(deviation <= headTolerance)) {
    throw new UserError(
      `the new network's probabilities differ from the fitted layer by ${deviation.toExponential(1)} ` +
        `(tolerance ${headTolerance}); nothing was written`,
    );
  }
}

function bits(values: Float32Array | undefined): Uint8Array {
  return values === undefined ? new Uint8Array() : new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The name of a model with the name of its labels appended: `googlenet-flowers`. */
export function finetunedName(model: string, labels: string): string {
  const plain = labels.toLowerCase().replaceAll(/[^a-z0-9._-]+/g, '-');
  const trimmed = plain.replaceAll(/^[-.]+|[-.]+$/g, '');
  return trimmed === '' ? `${model}-finetuned` : `${model}-${trimmed}`;
}
