import type { Model } from '../models/model-directory.ts';
import { AcceleratorError } from './accelerator/accelerator-error.ts';
import { checkSpeed } from './accelerator/check-speed.ts';
import { openLanes } from './accelerator/open-lanes.ts';
import { type Accelerator, candidateProviders, type Provider } from './accelerator/provider.ts';
import type { Lane } from './lane.ts';
import type { Session, SessionReport } from './session.ts';
import { SessionLost } from './session-lost.ts';

export interface SessionOptions {
  /** What to compute on; `auto` takes the first that is there and sound, in the order of `providers`. `cpu` by default. */
  readonly accelerator?: Accelerator;
  /** Cores to compute on where that is the CPU; an accelerator has a number of its own, see `laneCount`. */
  readonly threads: number;
  /**
   * Crops in a batch at most, also as a function of what it comes to be computed on: an accelerator is made warm for
   * batches of every size. 1 by default.
   */
  readonly batchSize?: number | ((provider: Provider) => number);
  /** Whether the CPU is refused. */
  readonly requireGpu?: boolean;
  /** Slower than this is refused; by default what is slower than a few cores on an accelerator, nothing on the CPU. */
  readonly minImagesPerSecond?: number | undefined;
  /** Whether the CPU's speed is measured without a floor too; an accelerator's always is. */
  readonly measureSpeed?: boolean;
}

/**
 * Loads a model into threads with a runtime each, which then prove that they compute what the model's manifest says,
 * where it was asked for and as fast as it should be.
 *
 * The runtime's `run` blocks the thread that calls it, so it may not be the one that receives and stores; and one
 * single-threaded runtime per core loses less to waiting than one runtime over all cores when the cores also decode
 * images, because no core waits at a barrier for another that was taken away.
 *
 * @throws {AcceleratorError} when no provider will do that may be taken; when even the CPU's runtime refuses the network,
 *   what that says
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
    `a GPU is required, but ${tried === '' ? 'the CPU was asked for' : tried}`,
  );
}

async function openOn(
  provider: Provider,
  model: Model,
  options: SessionOptions,
  skippedProviders: SessionReport['skippedProviders'],
): Promise<Session> {
  const { threads, batchSize = 1, minImagesPerSecond: floor, measureSpeed: always = false } = options;
  const opened = await openLanes(model, provider, threads);
  try {
    const imagesPerSecond = await checkSpeed(provider, model, opened, {
      batchSize: typeof batchSize === 'number' ? batchSize : batchSize(provider),
      floor,
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
  const waiting: ((lane: Lane) => void)[] = [];
  let isClosed = false;
  const acquire = () => {
    const lane = idle.pop();
    return lane ? Promise.resolve(lane) : new Promise<Lane>((resolve) => waiting.push(resolve));
  };
  const release = (lane: Lane) => {
    const next = waiting.shift();
    if (next) next(lane);
    else idle.push(lane);
  };
  return {
    provider,
    parallel: lanes.length,
    report,
    async run(batch) {
      const lane = await acquire();
      if (isClosed) {
        release(lane);
        throw new SessionLost('the session was closed');
      }
      return lane.run(batch).finally(() => release(lane));
    },
    close() {
      isClosed = true;
      return closeAll(lanes);
    },
  };
}

async function closeAll(lanes: readonly Lane[]): Promise<void> {
  await Promise.all(lanes.map((lane) => lane.close()));
}
