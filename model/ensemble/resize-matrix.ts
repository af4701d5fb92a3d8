/** Lobes of the kernel on each side, as in sharp. */
const lobes = 3;

/**
 * The weights that resize a row of pixels, [to, from] row by row: for each new pixel, the old ones under a Lanczos kernel as
 * wide as the reduction, so that nothing aliases. The first and last pixel stand for those beyond the border. Each row sums
 * to 1.
 * @param from at least `to`
 */
export function resizeMatrix(from: number, to: number): Float32Array {
  const matrix = new Float32Array(to * from);
  const scale = from / to;
  const radius = lobes * scale;
  for (let row = 0; row < to; row += 1) {
    const center = (row + 0.5) * scale - 0.5;
    const weights = new Float64Array(from);
    let sum = 0;
    for (let pixel = Math.ceil(center - radius); pixel <= center + radius; pixel += 1) {
      const weight = lanczos((pixel - center) / scale);
      const clamped = Math.min(from - 1, Math.max(0, pixel));
      weights[clamped] = (weights[clamped] ?? 0) + weight;
      sum += weight;
    }
    for (const [pixel, weight] of weights.entries()) matrix[row * from + pixel] = weight / sum;
  }
  return matrix;
}

function lanczos(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= lobes) return 0;
  const angle = Math.PI * x;
  return (lobes * Math.sin(angle) * Math.sin(angle / lobes)) / (angle * angle);
}
