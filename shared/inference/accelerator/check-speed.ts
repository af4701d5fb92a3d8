import type { Model } from '../../models/model-directory.ts';
import { Lane } from '../lane.ts';
import { AcceleratorError } from './accelerator-error.ts';
import { checkBatchOutput, type Reference } from './check-output.ts';
import { formatSpeed, measureSpeed, warmUp } from './measure-speed.ts';
import type { Provider } from './provider.ts';

/**
 * CPU cores that an accelerator must match; a slower one is assumed to be broken or a software renderer. A fixed number
 * of images per second would not fit every model. The smallest GPU machines have four cores and cost several times as
 * much as these cores alone. A software renderer does the work of a hundredth of a core, a GPU that of dozens.
 */
export const minCores = 4;

export interface SpeedOptions {
  readonly batchSize: number;
  /** Images per second. @default the speed of `minCores` for an accelerator, none for the CPU */
  readonly minimum: number | undefined;
  /** Measures the CPU without a minimum too. */
  readonly always: boolean;
}

/**
 * Measures the speed. An accelerator first runs batches of every size, whose results are checked.
 * @returns images per second; undefined for a CPU that need not be measured
 * @throws {AcceleratorError} if it is slower than the minimum, or the results of a batch are wrong
 */
export async function checkSpeed(
  provider: Provider,
  model: Model,
  { lanes, reference }: { readonly lanes: readonly Pick<Lane, 'run'>[]; readonly reference: Reference | undefined },
  { batchSize, minimum, always }: SpeedOptions,
): Promise<number | undefined> {
  const { shape } = model.manifest.input;
  if (provider === 'cpu') {
    if ((minimum ?? 0) === 0 && !always) return undefined;
    const speed = await measureSpeed(lanes, shape, batchSize);
    if (speed < (minimum ?? 0)) throw tooSlow(provider, speed, `${minimum} images/s`);
    return speed;
  }
  const required = minimum ?? minCores * (await coreSpeed(model));
  const description =
    minimum === undefined
      ? `${formatSpeed(required)} images/s, the speed of ${minCores} cores of this machine`
      : `${minimum} images/s`;
  if (batchSize > 1 && required > 0) {
    // At best a batch takes as long as one image. If even that would be too slow, skip the full batches, which would take a
    // software renderer minutes.
    const single = await measureSpeed(lanes, shape, 1);
    if (single * batchSize < required) throw tooSlow(provider, single, description, ' one at a time');
  }
  await warmUp(lanes, shape, batchSize, (scores, images) => {
    if (reference !== undefined) checkBatchOutput(scores, images, reference, provider);
  });
  const speed = await measureSpeed(lanes, shape, batchSize);
  if (speed < required) throw tooSlow(provider, speed, description);
  return speed;
}

function tooSlow(provider: Provider, speed: number, minimum: string, how = ''): AcceleratorError {
  const reason = `too slow: ${formatSpeed(speed)} images/s${how}, the minimum is ${minimum}`;
  return new AcceleratorError(provider, 'too_slow', reason);
}

/** Images per second of one core, one at a time. */
async function coreSpeed(model: Model): Promise<number> {
  const lane = new Lane(model);
  try {
    await lane.load('cpu');
    // The first run allocates, so it is slower.
    await measureSpeed([lane], model.manifest.input.shape, 1);
    return await measureSpeed([lane], model.manifest.input.shape, 1);
  } finally {
    await lane.close();
  }
}
