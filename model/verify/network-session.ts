import { InferenceSession, Tensor } from 'onnxruntime-node';
import { firstIssue } from '../../shared/failures/first-issue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';

/** Errors only: the runtime warns about every weight among the inputs of a published network. */
const logSeverityLevel = 3;

/**
 * Opens a network on the CPU.
 * @param network its file, or the bytes of it
 * @param name of the file, for error messages
 * @throws {UserError} with the runtime's reason, if it cannot load the network
 */
export async function openNetwork(network: Uint8Array | string, name: string): Promise<InferenceSession> {
  const options = { executionProviders: ['cpu'], intraOpNumThreads: 2, logSeverityLevel } as const;
  try {
    return await (typeof network === 'string'
      ? InferenceSession.create(network, options)
      : InferenceSession.create(network, options));
  } catch (cause) {
    throw new UserError(`onnxruntime cannot load ${name}: ${firstIssue(cause)}`, { cause });
  }
}

/** A float output [count, size], one row per image. */
export interface OutputRows {
  readonly count: number;
  readonly size: number;
  readonly data: Float32Array;
}

/** The outputs of a model for a batch of images. */
export interface BatchPrediction {
  readonly probabilities: OutputRows;
  readonly embedding: OutputRows;
  /** Of a detector. */
  readonly boxes?: OutputRows;
}

/**
 * Runs a model on one batch of crops, uint8 [count, height, width, 3].
 * @throws {UserError} if the runtime fails, or an output is not float [count, size]
 */
export async function runCrops(
  session: InferenceSession,
  { input, outputs }: Pick<ModelManifest, 'input' | 'outputs'>,
  crops: Uint8Array,
): Promise<BatchPrediction> {
  const [height, width, channels] = input.shape;
  const count = crops.length / (height * width * channels);
  const results = await runNetwork(session, { [input.name]: new Tensor('uint8', crops, [count, ...input.shape]) });
  return {
    probabilities: rowsOf(results, outputs.probabilities, count),
    embedding: rowsOf(results, outputs.embedding, count),
    ...(outputs.boxes !== undefined && { boxes: rowsOf(results, outputs.boxes, count) }),
  };
}

/** @throws {UserError} with the runtime's reason, if it fails */
export async function runNetwork(
  session: InferenceSession,
  feeds: Record<string, Tensor>,
): Promise<InferenceSession.OnnxValueMapType> {
  try {
    return await session.run(feeds);
  } catch (cause) {
    throw new UserError(`onnxruntime cannot run the network: ${firstIssue(cause)}`, { cause });
  }
}

/**
 * An output as rows: [count, size] with optional further axes of 1, or [count] for one number per image.
 * @throws {UserError} if it is not float, or of another shape
 */
export function rowsOf(results: InferenceSession.OnnxValueMapType, name: string, count: number): OutputRows {
  const value = results[name];
  if (!(value instanceof Tensor) || !(value.data instanceof Float32Array)) {
    throw new UserError(`expected the output ${name} to be a float tensor`);
  }
  const [batch, size = 1, ...further] = value.dims;
  if (further.some((length) => length !== 1) || batch !== count) {
    throw new UserError(`expected the output ${name} to be [${count}, size], got [${value.dims.join(', ')}]`);
  }
  return { count, size, data: value.data };
}
