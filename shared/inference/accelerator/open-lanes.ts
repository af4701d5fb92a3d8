import { firstIssue } from '../../failures/first-issue.ts';
import type { Model } from '../../models/model-directory.ts';
import { referenceImage } from '../../models/reference-image.ts';
import { type ImageOutput, referenceOutputOf } from '../../models/reference-output.ts';
import { makeTemporaryFolder } from '../../stores/local/temporary-folder.ts';
import { stackCrops } from '../batch.ts';
import { Lane } from '../lane.ts';
import { AcceleratorError } from './accelerator-error.ts';
import { checkOutput, type Reference, type ReferenceCheck } from './check-output.ts';
import { laneCount, type Provider } from './provider.ts';
import { requireHalf } from './require-half.ts';
import { runtimeReason } from './runtime-reason.ts';
import type { Share } from './shares.ts';

export interface OpenedLanes {
  readonly lanes: readonly Lane[];
  /** Providers that ran the network, most time first. */
  readonly shares: readonly Share[];
  /** Undefined on the CPU if the manifest has no reference output; so is `referenceCheck`. */
  readonly reference: Reference | undefined;
  readonly referenceCheck: ReferenceCheck | undefined;
}

/**
 * Loads a model into the threads of a provider, and checks in each where the network runs and its output for the reference
 * image. Closes all threads on failure.
 * @throws {AcceleratorError} if the provider is not available, runs less than half of the network or gives wrong results;
 *   the runtime's error if even the CPU rejects the network
 */
export async function openLanes(model: Model, provider: Provider, threads: number): Promise<OpenedLanes> {
  const reference = await referenceFor(model, provider);
  const [first, ...others] = Array.from({ length: laneCount(provider, threads) }, () => new Lane(model));
  if (first === undefined) throw new Error(`expected at least 1 thread, got ${threads}`);
  const lanes = [first, ...others];
  try {
    // The first lane finds out whether the provider is available before all others try.
    const { shares, output } = await (provider === 'cpu' ? loadOnCpu : loadProfiled)(first, model, provider);
    const otherOutputs = await Promise.all(
      others.map(async (lane) => {
        await lane.load(provider);
        return scoreReferenceImage(lane, model);
      }),
    );
    const checks = [output, ...otherOutputs].map((each) => reference && checkOutput(each, reference, provider));
    return { lanes, shares, reference, referenceCheck: checks[0] };
  } catch (error) {
    await Promise.all(lanes.map((lane) => lane.close()));
    throw error;
  }
}

/** The manifest's reference output; without one the CPU's, compared with the widest tolerance: its precision is unknown. */
async function referenceFor(model: Model, provider: Provider): Promise<Reference | undefined> {
  const { knownAnswer } = model.manifest;
  if (knownAnswer !== undefined) return { output: knownAnswer, from: 'manifest' };
  if (provider === 'cpu') return undefined;
  const lane = new Lane(model);
  try {
    const { output } = await loadOnCpu(lane, model);
    return { output: referenceOutputOf(output, 'int8'), from: 'cpu' };
  } finally {
    await lane.close();
  }
}

interface LoadedLane {
  /** For the reference image. */
  readonly output: ImageOutput;
  readonly shares: readonly Share[];
}

/** Needs no profile: the CPU is what the runtime falls back to. */
async function loadOnCpu(lane: Lane, model: Model): Promise<LoadedLane> {
  await lane.load('cpu');
  return { output: await scoreReferenceImage(lane, model), shares: [{ provider: 'cpu', nodes: 1, time: 1 }] };
}

/** Runs twice and profiles the second run: the first one compiles. */
async function loadProfiled(lane: Lane, model: Model, provider: Provider): Promise<LoadedLane> {
  const folder = await makeTemporaryFolder('profile').catch((cause: unknown) => {
    const reason = `cannot make a temporary folder for the runtime's profile: ${firstIssue(cause)}`;
    throw new AcceleratorError(provider, 'unavailable', reason, { cause });
  });
  try {
    await lane.load(provider, folder.path);
    await scoreReferenceImage(lane, model);
    const output = await scoreReferenceImage(lane, model);
    return { output, shares: requireHalf(provider, await lane.endProfile()) };
  } catch (cause) {
    if (cause instanceof AcceleratorError) throw cause;
    throw new AcceleratorError(provider, 'unavailable', `not available: ${runtimeReason(cause)}`, { cause });
  } finally {
    await folder.remove();
  }
}

async function scoreReferenceImage(lane: Lane, { manifest }: Model): Promise<ImageOutput> {
  const [height, width] = manifest.input.shape;
  const { probabilities, embeddings } = await lane.run(
    stackCrops([referenceImage(manifest.input.shape)], height, width),
  );
  return { probabilities, embedding: embeddings };
}
