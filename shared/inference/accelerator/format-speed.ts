/** Two digits of a speed below 10, whole numbers above. */
export function formatSpeed(imagesPerSecond: number): string {
  return imagesPerSecond < 10 ? imagesPerSecond.toPrecision(2) : String(Math.round(imagesPerSecond));
}
