/**
 * A share or a probability for people.
 * @param share 0 to 1
 * @example percent(0.9963) // '99.6 %'
 */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
