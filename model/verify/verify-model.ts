import type { InferenceSession } from 'onnxruntime-node';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Accelerator } from '../../shared/inference/accelerator/provider.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { graphOf } from '../graph/graph.ts';
import { endsInSoftmax } from '../import/classifier-tail.ts';
import { decodeModel, readModelBytes } from '../onnx/model-file.ts';
import { findReducedPrecision } from '../quantize/require-float.ts';
import type { Check } from './check.ts';
import { checkReferenceOutput } from './check-reference-output.ts';
import { checkSignature } from './check-signature.ts';
import { maxAbsoluteDifference } from './max-absolute-difference.ts';
import { type BatchPrediction, openNetwork, runCrops } from './network-session.ts';
import { measureParity, type Parity, parityTolerance } from './parity.ts';
import { syntheticCropBatch } from './synthetic-crops.ts';

export interface VerifyOptions {
  /** Path of the published `.onnx` file to compare probabilities with. */
  readonly against?: string;
  /** Where the known answer is asked for; the CPU by default. */
  readonly accelerator?: Accelerator;
}

export interface VerifyReport {
  /** See `modelId`. */
  readonly model: string;
  readonly directory: string;
  readonly ok: boolean;
  /** In order; those after one that makes them impossible are left out. */
  readonly checks: readonly Check[];
}

const sumTolerance = 1e-4;
/** Batches of other sizes take other kernels, which add up in another order. */
const batchTolerance = 1e-5;
const images = 3;

/**
 * Checks that a model directory does what its manifest says: digest, signature, and answers to made-up crops.
 * @throws {UserError} when there is no model to check: manifest or network missing, damaged or not matching, or
 *   `against` is no network.
 */
export async function verifyModel(
  directory: string,
  { against, accelerator = 'cpu' }: VerifyOptions = {},
): Promise<VerifyReport> {
  const model = await loadModel(directory);
  const digest: Check = { name: 'digest', ok: true, detail: `sha256 ${model.manifest.sha256.slice(0, 12)}… as stated` };
  const rest = await checkNetwork(model, against);
  const isServable = rest.every(({ ok, name }) => ok || name === 'parity');
  const known = isServable ? [await checkReferenceOutput(model, accelerator)] : [];
  const checks = [digest, ...rest, ...known];
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
    const answers = await attempt('answers', () => ask(session, manifest));
    if ('failed' in answers) return [runtime, ...signature, answers.failed];
    const parity = against === undefined ? [] : [await checkParity(manifest, network, against)];
    return [runtime, ...signature, ...checkAnswers(answers.value), ...parity];
  } finally {
    await session.release();
  }
}

interface Asked {
  readonly batch: BatchPrediction;
  readonly single: readonly BatchPrediction[];
}

async function ask(session: InferenceSession, manifest: ModelManifest): Promise<Asked> {
  const crops = syntheticCropBatch(images, manifest.preprocess.crop);
  const batch = await runCrops(session, manifest, crops);
  const single: BatchPrediction[] = [];
  for (let image = 0; image < images; image += 1) {
    const length = crops.length / images;
    single.push(await runCrops(session, manifest, crops.slice(image * length, (image + 1) * length)));
  }
  return { batch, single };
}

function checkAnswers({ batch, single }: Asked): Check[] {
  const { probabilities, embedding } = batch;
  const finite = [...probabilities.data, ...embedding.data].every(Number.isFinite);
  const negative = probabilities.data.some((value) => value < 0);
  const sums = Array.from({ length: images }, (_, image) =>
    probabilities.data
      .subarray(image * probabilities.size, (image + 1) * probabilities.size)
      .reduce((total, value) => total + value, 0),
  );
  const spread = (output: keyof BatchPrediction): number =>
    Math.max(
      ...single.map((answer, image) => {
        const { data, size } = batch[output];
        return maxAbsoluteDifference(answer[output].data, data.subarray(image * size, (image + 1) * size));
      }),
    );
  const largest = embedding.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return [
    { name: 'finite', ok: finite, detail: finite ? 'every output is a finite number' : 'an output is not a number' },
    measured('probabilities', 'they sum to 1, off by', negative ? 1 : Math.max(...sums.map(fromOne)), sumTolerance),
    measured('batch', `probabilities of 1 and of ${images} at once differ by`, spread('probabilities'), batchTolerance),
    measured(
      'embedding',
      `embeddings of 1 and of ${images} at once differ by`,
      spread('embedding'),
      batchTolerance * largest,
    ),
  ];
}

async function checkParity(manifest: ModelManifest, network: Uint8Array, against: string): Promise<Check> {
  const bytes = await readModelBytes(against);
  const givesProbabilities = endsInSoftmax(graphOf(decodeModel(bytes, against)));
  // The manifest does not say which order the published network takes: only the right one can agree.
  const measuredBoth = await attempt('parity', async () => {
    const found: Parity[] = [];
    for (const networkOrder of ['RGB', 'BGR'] as const) {
      found.push(await measureParity({ bytes, file: against, networkOrder, givesProbabilities }, network, manifest));
    }
    return Math.min(...found.map(({ maxDifference }) => maxDifference));
  });
  if ('failed' in measuredBoth) return measuredBoth.failed;
  const parity = measured('parity', `probabilities differ from ${against} by`, measuredBoth.value, parityTolerance);
  const rounded = parity.ok ? undefined : findReducedPrecision(graphOf(decodeModel(network)));
  if (rounded === undefined) return parity;
  const advice = `the model is rounded to ${rounded.kind}: compare it with --against <float model directory>`;
  return { ...parity, detail: `${parity.detail}; ${advice}` };
}

function measured(name: string, what: string, value: number, limit: number): Check {
  const ok = value <= limit;
  const detail = `${what} ${value.toExponential(1)} at most${ok ? '' : `: expected ${limit.toExponential(1)}`}`;
  return { name, ok, detail, figure: { value, limit } };
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
