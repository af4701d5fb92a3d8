/** Of the normal distribution, 2.5 % above and below. */
const deviations = 1.959964;

/**
 * Lower bound of the 95 % confidence interval of a share (Wilson 1927): 0.68 for 8 of 8, 0.963 for 100 of 100.
 * @param share observed, 0 to 1
 * @param count on how many, at least 1
 */
export function lowestShare(share: number, count: number): number {
  const squared = deviations ** 2 / count;
  const spread = deviations * Math.sqrt((share * (1 - share) + squared / 4) / count);
  return Math.max(0, (share + squared / 2 - spread) / (1 + squared));
}
