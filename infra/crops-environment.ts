import type { Settings } from './settings.ts';

/** The crops and regions of an image, for every program that makes or reads crops: without either, as the model states. */
export function cropsEnvironment({ crops, regions }: Settings): Record<string, string> {
  return { CROPS: String(crops), ...(regions === undefined ? {} : { REGIONS: String(regions) }) };
}
