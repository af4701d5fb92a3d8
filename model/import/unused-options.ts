import { UserError } from '../../shared/failures/user-error.ts';
import type { ImageInput } from '../graph/image-input.ts';
import type { NameOption } from './option-name.ts';

/** The options that not every network uses. */
interface GivenOptions {
  readonly mean?: readonly number[] | undefined;
  readonly scale?: readonly number[] | undefined;
  readonly order?: 'RGB' | 'BGR' | undefined;
}

/**
 * Refuses options that would have no effect: mean and scale of a network of bytes, which normalizes its images itself, and the
 * color order of a grayscale network. Values that only state what pixels are (RGB, no mean, one scale) cannot mislead and are
 * accepted, and so is a preset.
 * @throws {UserError} with the option to leave out
 */
export function checkUsed(
  { mean, scale, order }: GivenOptions,
  { type, channels }: Pick<ImageInput, 'type' | 'channels'>,
  nameOption: NameOption,
): void {
  if (channels === 1 && order === 'BGR') {
    throw unused([nameOption('order')], 'the network is grayscale');
  }
  const normalizes = mean?.some((value) => value !== 0) || scale?.some((value) => value !== scale[0]);
  if (type === 'uint8' && normalizes) {
    const given = Object.entries({ mean, scale }).flatMap(([option, value]) => (value ? [nameOption(option)] : []));
    throw unused(given, 'the network takes bytes and normalizes them itself');
  }
}

function unused(options: readonly string[], reason: string): UserError {
  const [effect, them] = options.length === 1 ? ['has no effect', 'it'] : ['have no effect', 'them'];
  return new UserError(`${options.join(' and ')} ${effect}, because ${reason}: leave ${them} out`);
}
