import { type GpuInstance, gpuInstances } from '../../../shared/deployment/priced-instances.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { WorkersDefinition } from '../template/workers.ts';

/**
 * The type of all instances of a simulation: the group's first, which it prefers on demand. On Spot it may take any of its
 * types, by price and capacity.
 * @throws {UserError} if its price and speed are not known
 */
export function instanceTypeOf({ instanceTypes: [first] }: WorkersDefinition): GpuInstance {
  const known = gpuInstances.find((type) => type === first);
  if (known === undefined) {
    throw new UserError(`the simulation has no price for ${first}: put one of ${gpuInstances.join(', ')} first`);
  }
  return known;
}
