import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env, InferenceSession, type Tensor } from 'onnxruntime-node';
import { AcceleratorError } from '../../../shared/inference/accelerator/accelerator-error.ts';
import { type Provider, runtimeProviders } from '../../../shared/inference/accelerator/provider.ts';
import { requireHalf } from '../../../shared/inference/accelerator/require-half.ts';
import { runtimeReason } from '../../../shared/inference/accelerator/runtime-reason.ts';
import { type Share, sharesOf } from '../../../shared/inference/accelerator/shares.ts';
import { makeTemporaryFolder } from '../../../shared/stores/local/temporary-folder.ts';
import { openTrainingSession } from '../workers/runtime.ts';

// Errors are thrown as well; the runtime's log would only repeat them.
env.logLevel = 'fatal';

/** A training step, and the inputs of one update. */
export interface StepWithFeeds {
  /** See `buildTrainingStep`. */
  readonly network: Uint8Array;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

export interface CheckedStep {
  readonly provider: Provider;
  readonly session: InferenceSession;
  readonly shares: readonly Share[];
  /** Of the direction of the update from the CPU's, as a share of its length (L2 norm). */
  readonly difference: number;
}

/** The update of a step and its time on the CPU, on all threads. */
export interface CpuStep {
  readonly direction: Float32Array;
  readonly milliseconds: number;
}

/** The output that shows the gradient: the velocity. */
const direction = 'next_velocity';

/**
 * The largest difference of the update from the CPU's. WebGPU differed by 1e-6. CUDA rounds factors to 11 bits (TF32), where an
 * activation near 0 may fall on the other side of a ReLU. A convolution that was computed wrongly changed it by 0.8.
 */
export const maxDifference = 2e-2;

export async function runOnCpu({ network, feeds }: StepWithFeeds, threads: number): Promise<CpuStep> {
  const session = await openTrainingSession(network, threads);
  try {
    await session.run(feeds);
    const started = performance.now();
    const results = await session.run(feeds);
    return { direction: floats(results[direction]), milliseconds: performance.now() - started };
  } finally {
    await session.release();
  }
}

/**
 * Opens a step on an accelerator, and compares its second update with the CPU's: the first one compiles.
 * @param isSpeedRequired whether a step must not take longer than on the CPU
 * @throws {AcceleratorError} if the provider is not available, runs less than half of the step, or is wrong or too slow
 */
export async function openChecked(
  provider: Provider,
  { network, feeds }: StepWithFeeds,
  cpuStep: () => Promise<CpuStep>,
  isSpeedRequired: boolean,
): Promise<CheckedStep> {
  const folder = await makeTemporaryFolder('profile');
  let session: InferenceSession | undefined;
  try {
    session = await InferenceSession.create(network, {
      executionProviders: runtimeProviders(provider),
      logSeverityLevel: 4,
      enableProfiling: true,
      profileFilePrefix: join(folder.path, 'step'),
    });
    await session.run(feeds);
    const started = performance.now();
    const results = await session.run(feeds);
    const milliseconds = performance.now() - started;
    session.endProfiling();
    const [file = ''] = await readdir(folder.path);
    const shares = requireHalf(provider, sharesOf(JSON.parse(await readFile(join(folder.path, file), 'utf8'))));
    const cpu = await cpuStep();
    const difference = relativeDistance(floats(results[direction]), cpu.direction);
    if (!(difference <= maxDifference)) {
      const reason = `wrong gradients: they differ from the CPU's by ${difference.toPrecision(2)} of their length`;
      throw new AcceleratorError(provider, 'wrong_answer', reason);
    }
    if (isSpeedRequired && milliseconds > cpu.milliseconds) {
      const times = [milliseconds, cpu.milliseconds].map((time) => `${Math.ceil(time)} ms`);
      throw new AcceleratorError(provider, 'too_slow', `too slow: ${times[0]} per update, the CPU takes ${times[1]}`);
    }
    return { provider, session, shares, difference };
  } catch (cause) {
    await session?.release();
    if (cause instanceof AcceleratorError) throw cause;
    throw new AcceleratorError(provider, 'unavailable', `not available: ${runtimeReason(cause)}`, { cause });
  } finally {
    await folder.remove();
  }
}

/** ‖a − b‖ / ‖b‖. */
function relativeDistance(a: Float32Array, b: Float32Array): number {
  let [distance, length] = [0, 0];
  for (const [index, value] of b.entries()) {
    distance += ((a[index] ?? 0) - value) ** 2;
    length += value ** 2;
  }
  return Math.sqrt(distance / length);
}

function floats(value: Tensor | undefined): Float32Array {
  if (value?.data instanceof Float32Array) return value.data;
  throw new Error(`expected ${direction} as float32, got ${value?.type ?? 'nothing'}`);
}
