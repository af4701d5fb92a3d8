import type { Model } from '../../models/model-directory.ts';
import { Lane } from '../lane.ts';
import { AcceleratorError } from './accelerator-error.ts';
import { checkBatchOutput, type Reference } from './check-output.ts';
import { formatSpeed } from './format-speed.ts';
import { measureSpeed, warmUp } from './measure-speed.ts';
import type { Provider } from './provider.ts';

/**
 * Cores of a CPU whose work an accelerator must do at least, else it is taken for broken or for none. Images a second
 * would say nothing across models; four cores are what the smallest machines with a GPU have beside it, at several times
 * their price. A software renderer does the work of a hundredth of a core, a GPU that of dozens.
 */
export const minCores = 4;

export interface SpeedOptions {
  readonly batchSize: number;
  /** Images a second; undefined for what `minCores` do on an accelerator, and for no floor on the CPU. */
  readonly floor: number | undefined;
  /** Whether the CPU is measured without a floor too. */
  readonly always: boolean;
}

/**
 * Measures the speed, on an accelerator after batches of every size have run and answered as they should.
 * @returns images a second; undefined where nobody asks for it
 * @throws {AcceleratorError} below the floor, or when a batch is answered otherwise than a single image
 */
export async function checkSpeed(
  provider: Provider,
  model: Model,
  { lanes, known }: { readonly lanes: readonly Pick<Lane, 'run'>[]; readonly known: Reference | undefined },
  { batchSize, floor: asked, always }: SpeedOptions,
): Promise<number | undefined> {
  const { shape } = model.manifest.input;
  if (provider === 'cpu') {
    const floor = asked ?? 0;
    if (floor === 0 && !always) return undefined;
    const speed = await measureSpeed(lanes, shape, batchSize);
    if (speed < floor) throw tooSlow(provider, `${floor} images/s`, speed);
    return speed;
  }
  const floor = asked ?? minCores * (await coreSpeed(model));
  const expected =
    asked === undefined ? `${formatSpeed(floor)} images/s, as ${minCores} cores of this machine` : `${asked} images/s`;
  if (batchSize > 1 && floor > 0) {
    // The best that can come is a batch that takes no longer than one image. Where that would be too slow, a renderer in
    // software would take minutes to show it with full ones.
    const single = await measureSpeed(lanes, shape, 1);
    if (single * batchSize < floor) throw tooSlow(provider, expected, single, ' one at a time');
  }
  await warmUp(lanes, shape, batchSize, (scores, images) => {
    if (known !== undefined) checkBatchOutput(scores, images, known, provider);
  });
  const speed = await measureSpeed(lanes, shape, batchSize);
  if (speed < floor) throw tooSlow(provider, expected, speed);
  return speed;
}

function tooSlow(provider: Provider, expected: string, speed: number, how = ''): AcceleratorError {
  return new AcceleratorError(provider, 'too_slow', `expected at least ${expected}, got ${formatSpeed(speed)}${how}`);
}

/** Images a second of one core, one at a time. */
async function coreSpeed(model: Model): Promise<number> {
  const lane = new Lane(model);
  try {
    await lane.load(model, 'cpu');
    // The first run is slower: it allocates.
    await measureSpeed([lane], model.manifest.input.shape, 1);
    return await measureSpeed([lane], model.manifest.input.shape, 1);
  } finally {
    await lane.close();
  }
}
