import { type Minimum, minimize } from './lbfgs.ts';
import type { LinearHead } from './linear-head.ts';
import type { HeadMath, Scaling } from './open-head-math.ts';

export interface FitOptions {
  /** Indices of the training images. */
  readonly rows: readonly number[];
  readonly size: number;
  readonly classes: number;
  /** Weight of the L2 penalty, see `fitHead`. */
  readonly strength: number;
  /** Starting point: `point` of an earlier fit with the same scaling; zeros by default. */
  readonly start?: Float64Array | undefined;
  /** See `minimize`. */
  readonly maxIterations?: number | undefined;
}

export interface Fit {
  /** The layer over unscaled embeddings. */
  readonly head: LinearHead;
  /** Weights, then bias, over scaled embeddings. */
  readonly point: Float64Array;
  readonly converged: boolean;
}

/** A smaller variance, relative to the squared mean, is rounding: the component is constant and gets scale 0. */
const minVariance = 1e-6;

/**
 * Standardizes each component, and divides it by √size so that embeddings have length 1 on average.
 * @param embeddingSize components to use, from the first; the others get scale 0, which leaves their weights at 0
 */
export async function scalingOf(math: HeadMath, rows: readonly number[], embeddingSize?: number): Promise<Scaling> {
  const { mean, variance } = await math.moments(rows);
  const used = embeddingSize ?? variance.length;
  const scale = Float32Array.from(variance, (value, at) =>
    at < used && value > minVariance * (mean[at] ?? 0) ** 2 ? 1 / Math.sqrt(value * used) : 0,
  );
  return { mean: Float32Array.from(mean), scale };
}

/**
 * Multinomial logistic regression over scaled embeddings z: minimizes
 *
 *     (Σ cross-entropy(softmax(W z + b), label) + strength / 2 · ‖W‖²) / images
 *
 * for W and b; the bias is not penalized. The scaling is then folded into W and b, which gives a plain linear layer.
 */
export async function fitHead(math: HeadMath, scaling: Scaling, options: FitOptions): Promise<Fit> {
  const { rows, size, classes, strength, start = new Float64Array(classes * size + classes), maxIterations } = options;
  const count = classes * size;
  const evaluate = async (point: Float64Array) => {
    const { loss, weightGradient, biasGradient } = await math.loss(rows, scaling, {
      weights: Float32Array.from(point.subarray(0, count)),
      bias: Float32Array.from(point.subarray(count)),
    });
    const gradient = new Float64Array(point.length);
    let squares = 0;
    for (let at = 0; at < count; at += 1) {
      const weight = point[at] ?? 0;
      squares += weight * weight;
      gradient[at] = ((weightGradient[at] ?? 0) + strength * weight) / rows.length;
    }
    for (let at = 0; at < classes; at += 1) gradient[count + at] = (biasGradient[at] ?? 0) / rows.length;
    return { value: (loss + (strength / 2) * squares) / rows.length, gradient };
  };
  const minimum: Minimum = await minimize(evaluate, start, maxIterations === undefined ? {} : { maxIterations });
  return { head: unscaled(minimum.point, scaling, classes), point: minimum.point, converged: minimum.converged };
}

/** W z + b with z = (x − mean) · scale is (W · scale) x + (b − (W · scale) mean). */
function unscaled(point: Float64Array, { mean, scale }: Scaling, classes: number): LinearHead {
  const size = mean.length;
  const weights = new Float32Array(classes * size);
  const bias = new Float32Array(classes);
  for (let label = 0; label < classes; label += 1) {
    let shift = point[classes * size + label] ?? 0;
    for (let at = 0; at < size; at += 1) {
      const weight = (point[label * size + at] ?? 0) * (scale[at] ?? 0);
      weights[label * size + at] = weight;
      shift -= weight * (mean[at] ?? 0);
    }
    bias[label] = shift;
  }
  return { weights, bias };
}
