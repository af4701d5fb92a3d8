/** Largest absolute difference of two rows; infinite where they are not of one length or one is not a number. */
export function maxAbsoluteDifference(one: Float32Array, other: Float32Array): number {
  if (one.length !== other.length) return Number.POSITIVE_INFINITY;
  return one.reduce((largest, value, index) => {
    const difference = Math.abs(value - (other[index] ?? Number.NaN));
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
  }, 0);
}
