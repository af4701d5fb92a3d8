import type { InferenceSession } from 'onnxruntime-node';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { type Check, measured } from './check.ts';
import { maxAbsoluteDifference } from './max-absolute-difference.ts';
import { type BatchPrediction, type OutputRows, openNetwork, runCrops } from './network-session.ts';
import { syntheticCropBatch } from './synthetic-crops.ts';

const sumTolerance = 1e-4;
/** Kernels for other batch sizes sum in another order. */
const batchTolerance = 1e-5;
/** Rows of one batch can be summed in another order. Relative to each value: a saturated Softmax differs only in small ones. */
const rowTolerance = 1e-6;
const images = 3;

/**
 * Checks that a network gives finite probabilities, before it is written.
 * @returns what is unusual, one line each: outputs that do not depend on the image, as those of files for tests
 * @throws {UserError} with the check that fails
 */
export async function checkProbabilities(network: Uint8Array, manifest: ModelManifest): Promise<readonly string[]> {
  const session = await openNetwork(network, manifest.file);
  try {
    const failed = checkOutputs(await runSynthetic(session, manifest)).filter(({ ok }) => !ok);
    const fault = failed.find(({ name }) => name === 'finite' || name === 'probabilities');
    if (fault !== undefined) {
      throw new UserError(`its outputs are not class probabilities: ${fault.detail}; check the weights of the file`);
    }
    return failed.flatMap(({ name, detail }) =>
      name === 'classes' ? [`check the weights of the file, mean and scale: ${detail}`] : [],
    );
  } finally {
    await session.release();
  }
}

/** Outputs for the same crops as one batch and one by one. */
export interface SyntheticOutputs {
  readonly batch: BatchPrediction;
  readonly single: readonly BatchPrediction[];
}

/** Runs a network on synthetic crops. */
export async function runSynthetic(session: InferenceSession, manifest: ModelManifest): Promise<SyntheticOutputs> {
  const crops = syntheticCropBatch(images, manifest.preprocess.crop);
  const batch = await runCrops(session, manifest, crops);
  const single: BatchPrediction[] = [];
  for (let image = 0; image < images; image += 1) {
    const length = crops.length / images;
    single.push(await runCrops(session, manifest, crops.slice(image * length, (image + 1) * length)));
  }
  return { batch, single };
}

/** Checks that outputs are probabilities that depend on the image and not on the other images of a batch. */
export function checkOutputs({ batch, single }: SyntheticOutputs): Check[] {
  const { probabilities, embedding } = batch;
  const finite = [...probabilities.data, ...embedding.data].every(Number.isFinite);
  const negative = probabilities.data.some((value) => value < 0);
  const sums = Array.from({ length: images }, (_, image) =>
    probabilities.data
      .subarray(image * probabilities.size, (image + 1) * probabilities.size)
      .reduce((total, value) => total + value, 0),
  );
  const batchDifference = (output: 'probabilities' | 'embedding'): number =>
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

/**
 * A network with one class, or with an output that does not depend on the image, passes every other check. Each output is
 * compared by itself: a good embedding says nothing about the probabilities.
 */
function checkClasses({ probabilities, embedding }: BatchPrediction): Check {
  const name = 'classes';
  const { size } = probabilities;
  if (size < 2)
    return { name, ok: false, detail: 'one class has probability 1 for every image: import the model again' };
  const same = [isConstant(probabilities) && 'probabilities', isConstant(embedding) && 'embedding'].filter(Boolean);
  if (same.length > 0) {
    const outputs = same.length === 2 ? 'outputs' : same.join();
    return { name, ok: false, detail: `all ${images} synthetic images have the same ${outputs}` };
  }
  return { name, ok: true, detail: `${size} classes; the outputs depend on the image` };
}

/** True if all rows are equal, but for rounding. */
function isConstant({ data, size }: OutputRows): boolean {
  return data.every((value, index) => {
    const first = data[index % size] ?? 0;
    return Math.abs(value - first) <= rowTolerance * Math.max(Math.abs(value), Math.abs(first));
  });
}

function fromOne(sum: number): number {
  return Number.isFinite(sum) ? Math.abs(sum - 1) : Number.POSITIVE_INFINITY;
}
