/** Increased whenever the formula gives other bytes: reference outputs of another image cannot be compared. */
export const referenceImageFormula = 1;

/**
 * The image of a model's reference output: uint8 [height, width, 3], RGB, computed from integers, so that it is the same on
 * every machine. With x and y the column and row, c the channel and i the index of the byte,
 *
 *     byte = 48 + wave(y · (c + 2) · 768 / height) / 4 + wave(x · (3 − c) · 512 / width) / 4 + noise(i)
 *
 * in whole numbers, where wave(t) is the triangle 0, 1, ... 255, 255, ... 1, 0 of period 512, and noise(i) the five
 * highest bits of a full-period generator modulo 2³² (multiplier and increment of Numerical Recipes) after i + 1 steps
 * from 1. It has edges and areas of every size, differs in each channel and is not its own mirror image, so a swapped axis
 * or channel changes the output.
 * @param shape height, width, channels
 */
export function referenceImage([height, width, channels]: readonly [number, number, 3]): Uint8Array {
  const image = new Uint8Array(height * width * channels);
  let state = 1;
  let index = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let c = 0; c < channels; c += 1) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        const down = wave(Math.floor((y * (c + 2) * 768) / height));
        const across = wave(Math.floor((x * (3 - c) * 512) / width));
        image[index] = 48 + (down >> 2) + (across >> 2) + (state >>> 27);
        index += 1;
      }
    }
  }
  return image;
}

function wave(t: number): number {
  const phase = t % 512;
  return phase < 256 ? phase : 511 - phase;
}
