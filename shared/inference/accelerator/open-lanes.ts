import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstIssue } from '../../failures/first-issue.ts';
import type { Model } from '../../models/model-directory.ts';
import { stackCrops } from '../batch.ts';
import { Lane } from '../lane.ts';
import { AcceleratorError } from './accelerator-error.ts';
import { checkOutput, type Reference, type ReferenceCheck } from './check-output.ts';
import { laneCount, type Provider } from './provider.ts';
import { referenceImage } from './reference-image.ts';
import { type ImageOutput, referenceOutputOf } from './reference-output.ts';
import { runtimeReason } from './runtime-reason.ts';
import { describeShares, type Share } from './shares.ts';

export interface OpenedLanes {
  readonly lanes: readonly Lane[];
  /** Who ran the network, most time first. */
  readonly shares: readonly Share[];
  /** What a sound provider answers; absent where nothing is known of it. */
  readonly known: Reference | undefined;
  /** Absent where there was nothing to compare with: on the CPU, with a manifest of before. */
  readonly referenceCheck: ReferenceCheck | undefined;
}

/**
 * Loads a model into the threads of a provider, and lets each prove that it computes what it should, where it should.
 * No thread is left behind when it fails.
 * @throws {AcceleratorError} when the provider cannot be had, runs less than half or answers otherwise; what the runtime
 *   says when even the CPU refuses the network
 */
export async function openLanes(model: Model, provider: Provider, threads: number): Promise<OpenedLanes> {
  const known = await knownAnswerFor(model, provider);
  const [one, ...others] = Array.from({ length: laneCount(provider, threads) }, () => new Lane(model));
  if (one === undefined) throw new Error(`expected at least 1 thread, got ${threads}`);
  const lanes = [one, ...others];
  try {
    // What cannot be had is found out once, before every other thread tries.
    const { shares, answer } = await (provider === 'cpu' ? loadedOnCpu : recorded)(one, model, provider);
    const rest = await Promise.all(
      others.map(async (lane) => {
        await lane.load(model, provider);
        return answerOf(lane, model);
      }),
    );
    const checks = [answer, ...rest].map((each) => known && checkOutput(each, known, provider));
    return { lanes, shares, known, referenceCheck: checks[0] };
  } catch (error) {
    await Promise.all(lanes.map((lane) => lane.close()));
    throw error;
  }
}

/** The manifest's known answer or, without one, the CPU's; then nothing is known of how the network rounds. */
async function knownAnswerFor(model: Model, provider: Provider): Promise<Reference | undefined> {
  const { knownAnswer } = model.manifest;
  if (knownAnswer !== undefined) return { answer: knownAnswer, from: 'manifest' };
  if (provider === 'cpu') return undefined;
  return { answer: referenceOutputOf(await answerOnCpu(model), 'int8'), from: 'cpu' };
}

/** What a model says of the known image on the CPU. */
async function answerOnCpu(model: Model): Promise<ImageOutput> {
  const lane = new Lane(model);
  try {
    return (await loadedOnCpu(lane, model)).answer;
  } finally {
    await lane.close();
  }
}

interface Loaded {
  readonly answer: ImageOutput;
  readonly shares: readonly Share[];
}

/** The CPU is what the runtime falls back to, so there is nothing to find out about who runs the network. */
async function loadedOnCpu(lane: Lane, model: Model): Promise<Loaded> {
  await lane.load(model, 'cpu');
  return { answer: await answerOf(lane, model), shares: [{ provider: 'cpu', nodes: 1, time: 1 }] };
}

/** Loads and answers twice: the first run compiles what it needs, and the second is looked at. */
async function recorded(lane: Lane, model: Model, provider: Provider): Promise<Loaded> {
  const folder = await mkdtemp(join(tmpdir(), 'inception-batch-profile-')).catch((cause: unknown) => {
    const reason = `expected a temporary folder, to find out who runs the network: ${firstIssue(cause)}`;
    throw new AcceleratorError(provider, 'unavailable', reason, { cause });
  });
  try {
    await lane.load(model, provider, folder);
    await answerOf(lane, model);
    const answer = await answerOf(lane, model);
    return { answer, shares: mostlyOn(provider, await lane.endProfile()) };
  } catch (cause) {
    if (cause instanceof AcceleratorError) throw cause;
    throw new AcceleratorError(provider, 'unavailable', `it cannot be had: ${runtimeReason(cause)}`, { cause });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @throws {AcceleratorError} when a provider ran less than half: the runtime leaves what it cannot take to others. */
function mostlyOn(provider: Provider, shares: readonly Share[]): readonly Share[] {
  const own = shares.find((share) => share.provider === provider);
  if (own !== undefined && own.time >= 0.5) return shares;
  const reason = `expected it to run at least half of the network, got ${describeShares(shares)}`;
  throw new AcceleratorError(provider, 'fallback', reason);
}

async function answerOf(lane: Lane, { manifest }: Model): Promise<ImageOutput> {
  const [height, width] = manifest.input.shape;
  const { probabilities, embeddings } = await lane.run(
    stackCrops([referenceImage(manifest.input.shape)], height, width),
  );
  return { probabilities, embedding: embeddings };
}
