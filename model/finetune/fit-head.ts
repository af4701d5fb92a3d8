import { type Minimum, minimize } from './lbfgs.ts';
import type { LinearHead } from './linear-head.ts';
import type { HeadMath, Scaling } from './open-head-math.ts';

export interface FitOptions {
  /** Images to learn from, by their place among the examples. */
  readonly rows: readonly number[];
  readonly size: number;
  readonly classes: number;
  /** Weight of the L2 penalty, see `fitHead`. */
  readonly strength: number;
  /** Where to begin: the weights and bias of an earlier fit over embeddings scaled alike. */
  readonly from?: Float64Array | undefined;
  /** See `minimize`. */
  readonly maxIterations?: number | undefined;
}

export interface Fit {
  /** Over embeddings as they are. */
  readonly head: LinearHead;
  /** Weights and bias over scaled embeddings, one after the other. */
  readonly point: Float64Array;
  readonly converged: boolean;
}

/** A variance below this share of the squared mean is rounding: such a number is the same for all, and left out. */
const leastVariance = 1e-6;

/** Centred, and each number divided by its standard deviation, times √size so that embeddings have length 1 on average. */
export async function scalingOf(math: HeadMath, rows: readonly number[]): Promise<Scaling> {
  const { mean, variance } = await math.moments(rows);
  const scale = Float32Array.from(variance, (own, at) =>
    own > leastVariance * (mean[at] ?? 0) ** 2 ? 1 / Math.sqrt(own * variance.length) : 0,
  );
  return { mean: Float32Array.from(mean), scale };
}

/**
 * Multinomial logistic regression over scaled embeddings z: the W and b for which
 *
 *     (Σ cross-entropy(softmax(W z + b), label) + strength / 2 · ‖W‖²) / images
 *
 * is least; the bias is not penalised. The scaling is then folded into both, so that they are a plain linear layer.
 */
export async function fitHead(math: HeadMath, scaling: Scaling, options: FitOptions): Promise<Fit> {
  const { rows, size, classes, strength, from = new Float64Array(classes * size + classes), maxIterations } = options;
  const count = classes * size;
  const evaluate = async (point: Float64Array) => {
    const { loss, byWeights, byBias } = await math.loss(rows, scaling, {
      weights: Float32Array.from(point.subarray(0, count)),
      bias: Float32Array.from(point.subarray(count)),
    });
    const gradient = new Float64Array(point.length);
    let squares = 0;
    for (let at = 0; at < count; at += 1) {
      const weight = point[at] ?? 0;
      squares += weight * weight;
      gradient[at] = ((byWeights[at] ?? 0) + strength * weight) / rows.length;
    }
    for (let at = 0; at < classes; at += 1) gradient[count + at] = (byBias[at] ?? 0) / rows.length;
    return { value: (loss + (strength / 2) * squares) / rows.length, gradient };
  };
  const minimum: Minimum = await minimize(evaluate, from, maxIterations === undefined ? {} : { maxIterations });
  return { head: unscaled(minimum.point, scaling, classes), point: minimum.point, converged: minimum.converged };
}

/** W z + b with z = (x − mean) · scale is (W · scale) x + (b − (W · scale) mean). */
function unscaled(point: Float64Array, { mean, scale }: Scaling, classes: number): LinearHead {
  const size = mean.length;
  const weights = new Float32Array(classes * size);
  const bias = new Float32Array(classes);
  for (let own = 0; own < classes; own += 1) {
    let shift = point[classes * size + own] ?? 0;
    for (let at = 0; at < size; at += 1) {
      const weight = (point[own * size + at] ?? 0) * (scale[at] ?? 0);
      weights[own * size + at] = weight;
      shift -= weight * (mean[at] ?? 0);
    }
    bias[own] = shift;
  }
  return { weights, bias };
}
