import type { Weight } from './feature.ts';

/** The elements of a weight as float. */
export function floats({ data }: Weight): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}
