/**
 * Deterministic crops to compare networks on: uint8 [count, height, width, 3], RGB. Each crop is a sum of waves with
 * different frequencies per channel, plus noise, so that swapped axes or channels change the output.
 */
export function syntheticCropBatch(count: number, { height, width }: { height: number; width: number }): Uint8Array {
  const crops = new Uint8Array(count * height * width * 3);
  let state = 1;
  let at = 0;
  for (let image = 0; image < count; image += 1) {
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1) {
        for (let channel = 0; channel < 3; channel += 1) {
          // A full-period linear congruential generator modulo 2³² (Numerical Recipes).
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          const down = Math.sin((row / height) * (image + 1) * 4 + channel * 2);
          const across = Math.cos((column / width) * (image + channel + 1) * 5);
          const noise = (state >>> 24) / 255 - 0.5;
          crops[at] = Math.round(127.5 + 50 * down + 50 * across + 50 * noise);
          at += 1;
        }
      }
    }
  }
  return crops;
}

/** The same crops, uint8 [height, width, 3] each. */
export function syntheticCrops(count: number, crop: { height: number; width: number }): Uint8Array[] {
  const pixels = syntheticCropBatch(count, crop);
  const stride = pixels.length / count;
  return Array.from({ length: count }, (_, image) => pixels.slice(image * stride, (image + 1) * stride));
}
