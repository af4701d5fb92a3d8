/** Bins of a texture histogram: 8 directions of the gradient for each of 4 strengths. */
export const textureBins = 32;

/** Gradient lengths, in gray levels per pixel, that separate the strengths. Flat areas have no direction that means something. */
const strengths = [2, 6, 18];

/**
 * The texture bin of each pixel: direction and strength of the gradient.
 * @param intensity one byte per pixel
 */
export function textureOf(intensity: Uint8Array, width: number, height: number): Uint8Array {
  const bins = new Uint8Array(width * height);
  for (let y = 0, pixel = 0; y < height; y += 1) {
    const above = y > 0 ? -width : 0;
    const below = y + 1 < height ? width : 0;
    for (let x = 0; x < width; x += 1, pixel += 1) {
      const left = x > 0 ? -1 : 0;
      const right = x + 1 < width ? 1 : 0;
      const dx = ((intensity[pixel + right] ?? 0) - (intensity[pixel + left] ?? 0)) / 2;
      const dy = ((intensity[pixel + below] ?? 0) - (intensity[pixel + above] ?? 0)) / 2;
      const length = Math.sqrt(dx * dx + dy * dy);
      let strength = 0;
      while (strength < strengths.length && length >= (strengths[strength] ?? 0)) strength += 1;
      bins[pixel] = strength * 8 + octant(dx, dy);
    }
  }
  return bins;
}

/** Number of the eighth of the circle, without trigonometry. */
function octant(dx: number, dy: number): number {
  const steep = Math.abs(dy) > Math.abs(dx) ? 1 : 0;
  return (dy < 0 ? 4 : 0) + (dx < 0 ? 2 : 0) + steep;
}
