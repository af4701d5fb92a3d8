import type { InferenceSession } from 'onnxruntime-node';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Accelerator } from '../../shared/inference/accelerator/provider.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { graphOf } from '../graph/graph.ts';
import { findReducedPrecision, floatModelOf } from '../graph/require-float.ts';
import { parityReference, readSource } from '../import/file/read-source.ts';
import { openPublished } from '../import/published-network.ts';
import { decodeModel } from '../onnx/model-file.ts';
import type { Check } from './check.ts';
import { checkReferenceOutput } from './check-reference-output.ts';
import { checkSignature } from './check-signature.ts';
import { maxAbsoluteDifference } from './max-absolute-difference.ts';
import { type BatchPrediction, openNetwork, runCrops } from './network-session.ts';
import { measureParity, type Parity } from './parity.ts';
import { syntheticCropBatch } from './synthetic-crops.ts';

export interface VerifyOptions {
  /** Path of the published `.onnx` file to compare probabilities with. */
  readonly against?: string;
  /** Where the reference output is checked; the CPU by default. */
  readonly accelerator?: Accelerator;
}

export interface VerifyReport {
  /** See `modelId`. */
  readonly model: string;
  readonly directory: string;
  readonly ok: boolean;
  /** In order, without the checks that an earlier failure makes impossible. */
  readonly checks: readonly Check[];
}

const sumTolerance = 1e-4;
/** Kernels for other batch sizes sum in another order. */
const batchTolerance = 1e-5;
const images = 3;

/**
 * Checks that a model directory matches its manifest: digest, signature, and outputs for synthetic crops.
 * @throws {UserError} if the manifest or network is missing, damaged or does not match, or `against` is not a network
 */
export async function verifyModel(
  directory: string,
  { against, accelerator = 'cpu' }: VerifyOptions = {},
): Promise<VerifyReport> {
  const model = await loadModel(directory);
  const { sha256 } = model.manifest;
  const digest: Check = { name: 'digest', ok: true, detail: `sha256 ${sha256.slice(0, 12)}… matches the manifest` };
  const networkChecks = await checkNetwork(model, against);
  const isServable = networkChecks.every(({ ok, name }) => ok || name === 'parity');
  const reference = isServable ? [await checkReferenceOutput(model, accelerator)] : [];
  const checks = [digest, ...networkChecks, ...reference];
  return { model: model.id, directory, ok: checks.every(({ ok }) => ok), checks };
}

async function checkNetwork({ manifest, network }: Model, against: string | undefined): Promise<Check[]> {
  const opened = await attempt('runtime', () => openNetwork(network, manifest.file));
  if ('failed' in opened) return [opened.failed];
  const session = opened.value;
  try {
    const runtime: Check = { name: 'runtime', ok: true, detail: 'onnxruntime loads the network' };
    const signature = checkSignature(session, manifest);
    if (signature.some(({ ok }) => !ok)) return [runtime, ...signature];
    const outputs = await attempt('answers', () => runSynthetic(session, manifest));
    if ('failed' in outputs) return [runtime, ...signature, outputs.failed];
    const parity = against === undefined ? [] : [await checkParity(manifest, network, against)];
    return [runtime, ...signature, ...checkOutputs(outputs.value), ...parity];
  } finally {
    await session.release();
  }
}

/** Outputs for the same crops as one batch and one by one. */
interface SyntheticOutputs {
  readonly batch: BatchPrediction;
  readonly single: readonly BatchPrediction[];
}

async function runSynthetic(session: InferenceSession, manifest: ModelManifest): Promise<SyntheticOutputs> {
  const crops = syntheticCropBatch(images, manifest.preprocess.crop);
  const batch = await runCrops(session, manifest, crops);
  const single: BatchPrediction[] = [];
  for (let image = 0; image < images; image += 1) {
    const length = crops.length / images;
    single.push(await runCrops(session, manifest, crops.slice(image * length, (image + 1) * length)));
  }
  return { batch, single };
}

function checkOutputs({ batch, single }: SyntheticOutputs): Check[] {
  const { probabilities, embedding } = batch;
  const finite = [...probabilities.data, ...embedding.data].every(Number.isFinite);
  const negative = probabilities.data.some((value) => value < 0);
  const sums = Array.from({ length: images }, (_, image) =>
    probabilities.data
      .subarray(image * probabilities.size, (image + 1) * probabilities.size)
      .reduce((total, value) => total + value, 0),
  );
  const batchDifference = (output: keyof BatchPrediction): number =>
    Math.max(
      ...single.map((prediction, image) => {
        const { data, size } = batch[output];
        return maxAbsoluteDifference(prediction[output].data, data.subarray(image * size, (image + 1) * size));
      }),
    );
  const largest = embedding.data.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
  const sizes = `with a batch of 1 and of ${images} differ by`;
  return [
    { name: 'finite', ok: finite, detail: finite ? 'all outputs are finite' : 'an output is NaN or infinite' },
    checkClasses(batch),
    measured(
      'probabilities',
      'their sum differs from 1 by',
      negative ? 1 : Math.max(...sums.map(fromOne)),
      sumTolerance,
    ),
    measured('batch', `probabilities ${sizes}`, batchDifference('probabilities'), batchTolerance),
    measured('embedding', `embeddings ${sizes}`, batchDifference('embedding'), batchTolerance * largest),
  ];
}

/** A network with one class, or whose outputs do not depend on the image, passes every other check. */
function checkClasses({ probabilities, embedding }: BatchPrediction): Check {
  const name = 'classes';
  const { size } = probabilities;
  if (size < 2)
    return { name, ok: false, detail: 'one class has probability 1 for every image: import the model again' };
  const same = [probabilities, embedding].every(({ data, size: length }) =>
    data.every((value, index) => value === data[index % length]),
  );
  if (same) return { name, ok: false, detail: `all ${images} synthetic images have the same outputs` };
  return { name, ok: true, detail: `${size} classes; the outputs depend on the image` };
}

async function checkParity(manifest: ModelManifest, network: Uint8Array, against: string): Promise<Check> {
  const source = await readSource(against, { size: manifest.preprocess.crop });
  const published = await openPublished(source, manifest.source.output);
  // The manifest does not state the color order of the published network: only the right one agrees.
  const compared = await attempt('parity', async () => {
    const parities: Parity[] = [];
    for (const networkOrder of ['RGB', 'BGR'] as const) {
      parities.push(await measureParity(published, network, manifest, networkOrder));
    }
    return parities.reduce((best, next) => (next.maxDifference < best.maxDifference ? next : best));
  });
  if ('failed' in compared) return compared.failed;
  const { maxDifference, tolerance, fault } = compared.value;
  const agreed = measured(
    'parity',
    `probabilities differ from ${parityReference(against, source.file)} by`,
    maxDifference,
    tolerance,
  );
  const parity = agreed.ok && fault !== undefined ? { ...agreed, ok: false, detail: fault } : agreed;
  const rounded = parity.ok ? undefined : findReducedPrecision(graphOf(decodeModel(network)));
  if (rounded === undefined) return parity;
  const advice = `this is a model in ${rounded === 'int8' ? 'int8' : 'half precision'}: give --against ${floatModelOf(manifest)}`;
  return { ...parity, detail: `${parity.detail}; ${advice}` };
}

function measured(name: string, quantity: string, value: number, limit: number): Check {
  const detail = `${quantity} at most ${value.toExponential(1)} (tolerance ${limit.toExponential(1)})`;
  return { name, ok: value <= limit, detail, figure: { value, limit } };
}

function fromOne(sum: number): number {
  return Number.isFinite(sum) ? Math.abs(sum - 1) : Number.POSITIVE_INFINITY;
}

async function attempt<T>(name: string, work: () => Promise<T>): Promise<{ value: T } | { failed: Check }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { failed: { name, ok: false, detail: error.message } };
  }
}
