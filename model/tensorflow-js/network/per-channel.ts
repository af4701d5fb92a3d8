import type { Weight } from './feature.ts';
import { floats } from './floats.ts';
import type { NetworkWriter } from './network-writer.ts';
import { type Step, unsupported } from './unsupported.ts';

/**
 * Adds a weight with one number for each channel, such as a bias.
 * @throws {UserError} if it has another length
 */
export function perChannel(writer: NetworkWriter, weight: Weight, channels: number, step: Step): string {
  if (weight.data.length === channels) return writer.weight(weight.name, [channels], floats(weight));
  throw unsupported(step, `has ${weight.data.length} values of ${weight.name} for ${channels} channels`);
}
