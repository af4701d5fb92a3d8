/** Changes whenever the formula gives other bytes: an answer to another image is no answer to this one. */
export const referenceImageFormula = 1;

/**
 * The image that a model's known answer is about: uint8 [height, width, 3], RGB, made of integers alone, so that every
 * machine has the same. With x and y the column and row, c the channel and i the byte's place,
 *
 *     byte = 48 + wave(y · (c + 2) · 768 / height) / 4 + wave(x · (3 − c) · 512 / width) / 4 + noise(i)
 *
 * in whole numbers, where wave(t) is the triangle 0, 1, ... 255, 255, ... 1, 0 of period 512, and noise(i) the five
 * highest bits of a full-period generator modulo 2³² (multiplier and increment of Numerical Recipes) after i + 1 steps
 * from 1. It has edges and areas of every size, differs in each channel and is not its own mirror image: a swapped axis or
 * channel gives another answer.
 * @param shape height, width, channels
 */
export function referenceImage([height, width, channels]: readonly [number, number, 3]): Uint8Array {
  const image = new Uint8Array(height * width * channels);
  let state = 1;
  let at = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let c = 0; c < channels; c += 1) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        const down = wave(Math.floor((y * (c + 2) * 768) / height));
        const across = wave(Math.floor((x * (3 - c) * 512) / width));
        image[at] = 48 + (down >> 2) + (across >> 2) + (state >>> 27);
        at += 1;
      }
    }
  }
  return image;
}

function wave(t: number): number {
  const phase = t % 512;
  return phase < 256 ? phase : 511 - phase;
}
