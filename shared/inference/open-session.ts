import { Semaphore } from 'async-mutex';
import type { Model } from '../models/model-directory.ts';
import { AcceleratorError } from './accelerator/accelerator-error.ts';
import { checkSpeed } from './accelerator/check-speed.ts';
import { openLanes } from './accelerator/open-lanes.ts';
import { type Accelerator, candidateProviders, type Provider } from './accelerator/provider.ts';
import type { Lane } from './lane.ts';
import type { Session, SessionReport } from './session.ts';
import { SessionLost } from './session-lost.ts';

export interface SessionOptions {
  /** A provider, or `auto` for the first one of `providers` that passes all checks. @default cpu */
  readonly accelerator?: Accelerator;
  /** Cores to use on the CPU; for the number on an accelerator see `laneCount`. */
  readonly threads: number;
  /** Maximum crops in a batch, or a function of the provider: accelerators warm up with every batch size. @default 1 */
  readonly batchSize?: number | ((provider: Provider) => number);
  /** Rejects the CPU. */
  readonly requireGpu?: boolean;
  /** Minimum speed. @default the speed of `minCores` CPU cores for an accelerator, none for the CPU */
  readonly minImagesPerSecond?: number | undefined;
  /** Measures the CPU without a minimum too; an accelerator is always measured. */
  readonly measureSpeed?: boolean;
}

/**
 * Loads a model into threads, each with a runtime, and checks where the network runs, its outputs against the manifest's
 * reference output, and its speed.
 *
 * The runtime's `run` blocks its thread, so it cannot run on the thread that receives and stores. One single-threaded
 * runtime per core wastes less time than one runtime over all cores when the cores also decode images: no core waits at a
 * barrier for another that is busy.
 *
 * @throws {AcceleratorError} when no allowed provider passes; the runtime's error when even the CPU rejects the network
 */
export async function openSession(model: Model, options: SessionOptions): Promise<Session> {
  const { accelerator = 'cpu', requireGpu = false } = options;
  const skippedProviders: { provider: string; reason: string }[] = [];
  for (const provider of candidateProviders(accelerator)) {
    if (provider === 'cpu' && requireGpu) continue;
    try {
      return await openOn(provider, model, options, skippedProviders);
    } catch (error) {
      if (accelerator !== 'auto' || !(error instanceof AcceleratorError) || provider === 'cpu') throw error;
      skippedProviders.push({ provider, reason: error.reason });
    }
  }
  const tried = skippedProviders.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ');
  throw new AcceleratorError(
    'cpu',
    'no_gpu',
    `a GPU is required, but ${tried === '' ? 'the selected accelerator is cpu' : tried}`,
  );
}

async function openOn(
  provider: Provider,
  model: Model,
  options: SessionOptions,
  skippedProviders: SessionReport['skippedProviders'],
): Promise<Session> {
  const { threads, batchSize = 1, minImagesPerSecond: minimum, measureSpeed: always = false } = options;
  const opened = await openLanes(model, provider, threads);
  try {
    const imagesPerSecond = await checkSpeed(provider, model, opened, {
      batchSize: typeof batchSize === 'number' ? batchSize : batchSize(provider),
      minimum,
      always,
    });
    const { lanes, shares, referenceCheck } = opened;
    return sessionOf(provider, lanes, { shares, referenceCheck, imagesPerSecond, skippedProviders });
  } catch (error) {
    await closeAll(opened.lanes);
    throw error;
  }
}

function sessionOf(provider: Provider, lanes: readonly Lane[], report: SessionReport): Session {
  const idle = [...lanes];
  const slots = new Semaphore(lanes.length);
  let isClosed = false;
  return {
    provider,
    parallel: lanes.length,
    report,
    run: (batch) =>
      slots.runExclusive(async () => {
        const lane = idle.pop();
        if (isClosed || lane === undefined) throw new SessionLost('the session was closed');
        return lane.run(batch).finally(() => idle.push(lane));
      }),
    close() {
      isClosed = true;
      return closeAll(lanes);
    },
  };
}

async function closeAll(lanes: readonly Lane[]): Promise<void> {
  await Promise.all(lanes.map((lane) => lane.close()));
}
