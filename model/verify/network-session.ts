import { InferenceSession, Tensor } from 'onnxruntime-node';
import { firstIssue } from '../../shared/first-issue.ts';
import type { ModelManifest } from '../../shared/model-manifest.ts';
import { UserError } from '../../shared/user-error.ts';

/** Errors only: the runtime would warn of every weight among the inputs of a published network. */
const logSeverityLevel = 3;

/**
 * Opens a network on the CPU.
 * @param name of the file, for error messages
 * @throws {UserError} with the runtime's reason, when it refuses the network.
 */
export async function openNetwork(bytes: Uint8Array, name: string): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 2,
      logSeverityLevel,
    });
  } catch (cause) {
    throw new UserError(`onnxruntime refuses ${name}: ${firstIssue(cause)}`, { cause });
  }
}

/** A float output, one row per image. */
export interface Rows {
  readonly count: number;
  readonly size: number;
  readonly data: Float32Array;
}

/** What an imported network says about a batch of images. */
export interface Answers {
  readonly probabilities: Rows;
  readonly embedding: Rows;
}

/**
 * Runs crops, uint8 [count, height, width, 3], through an imported network as one batch.
 * @throws {UserError} when the runtime fails, or an output is not float [count, size].
 */
export async function runCrops(
  session: InferenceSession,
  { input, outputs }: Pick<ModelManifest, 'input' | 'outputs'>,
  crops: Uint8Array,
): Promise<Answers> {
  const [height, width, channels] = input.shape;
  const count = crops.length / (height * width * channels);
  const results = await run(session, { [input.name]: new Tensor('uint8', crops, [count, ...input.shape]) });
  return {
    probabilities: rowsOf(results, outputs.probabilities, count),
    embedding: rowsOf(results, outputs.embedding, count),
  };
}

/** Runs one float image, [1, 3, height, width], through a network as published; its output as one row. */
export async function runImage(
  session: InferenceSession,
  image: Float32Array,
  { height, width }: { height: number; width: number },
): Promise<Rows> {
  const [input = ''] = session.inputNames;
  const [output = ''] = session.outputNames;
  const results = await run(session, { [input]: new Tensor('float32', image, [1, 3, height, width]) });
  return rowsOf(results, output, 1);
}

async function run(
  session: InferenceSession,
  feeds: Record<string, Tensor>,
): Promise<InferenceSession.OnnxValueMapType> {
  try {
    return await session.run(feeds);
  } catch (cause) {
    throw new UserError(`onnxruntime cannot run the network: ${firstIssue(cause)}`, { cause });
  }
}

function rowsOf(results: InferenceSession.OnnxValueMapType, name: string, count: number): Rows {
  const value = results[name];
  if (!(value instanceof Tensor) || !(value.data instanceof Float32Array)) {
    throw new UserError(`expected the output ${name} to be a float tensor`);
  }
  const [batch, size] = value.dims;
  if (value.dims.length !== 2 || batch !== count || size === undefined) {
    throw new UserError(`expected the output ${name} to be [${count}, size], got [${value.dims.join(', ')}]`);
  }
  return { count, size, data: value.data };
}
