import { InferenceSession, Tensor } from 'onnxruntime-node';
import { firstIssue } from '../../shared/failures/first-issue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { isChannelsLast } from '../graph/channels.ts';

/** Errors only: the runtime warns about every weight among the inputs of a published network. */
const logSeverityLevel = 3;

/**
 * Opens a network on the CPU.
 * @param name of the file, for error messages
 * @throws {UserError} with the runtime's reason, if it cannot load the network
 */
export async function openNetwork(bytes: Uint8Array, name: string): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 2,
      logSeverityLevel,
    });
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
  const results = await run(session, { [input.name]: new Tensor('uint8', crops, [count, ...input.shape]) });
  return {
    probabilities: rowsOf(results, outputs.probabilities, count),
    embedding: rowsOf(results, outputs.embedding, count),
  };
}

/**
 * Runs a published network on one float image.
 * @param planes [3, height, width]; converted to channels last if the network expects that
 * @returns its first output as one row
 */
export async function runImage(
  session: InferenceSession,
  planes: Float32Array,
  { height, width }: { height: number; width: number },
): Promise<OutputRows> {
  const [input = ''] = session.inputNames;
  const [output = ''] = session.outputNames;
  const metadata = session.inputMetadata.find(({ name }) => name === input);
  const image =
    metadata?.isTensor && isChannelsLast(metadata.shape)
      ? new Tensor('float32', interleave(planes), [1, height, width, 3])
      : new Tensor('float32', planes, [1, 3, height, width]);
  const results = await run(session, { [input]: image });
  return rowsOf(results, output, 1);
}

/** Converts planes [3, pixels] to [pixels, 3]. */
function interleave(planes: Float32Array): Float32Array {
  const area = planes.length / 3;
  return planes.map((_, index) => planes[(index % 3) * area + Math.floor(index / 3)] ?? Number.NaN);
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

function rowsOf(results: InferenceSession.OnnxValueMapType, name: string, count: number): OutputRows {
  const value = results[name];
  if (!(value instanceof Tensor) || !(value.data instanceof Float32Array)) {
    throw new UserError(`expected the output ${name} to be a float tensor`);
  }
  const [batch, size, ...further] = value.dims;
  if (further.some((length) => length !== 1) || batch !== count || size === undefined) {
    throw new UserError(`expected the output ${name} to be [${count}, size], got [${value.dims.join(', ')}]`);
  }
  return { count, size, data: value.data };
}
