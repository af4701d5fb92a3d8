/** Value and gradient of a function at a point. */
export interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface MinimizeOptions {
  /** Number of remembered steps. */
  readonly memory?: number;
  readonly maxIterations?: number;
  /** Converged when no component of the gradient is larger. */
  readonly tolerance?: number;
}

export interface Minimum extends Evaluation {
  readonly point: Float64Array;
  readonly iterations: number;
  /** False if it stopped at `maxIterations`, or if no step decreased the value despite a large gradient. */
  readonly converged: boolean;
}

interface Step {
  /** Change of the point, s in the book. */
  readonly moved: Float64Array;
  /** Change of the gradient, y in the book. */
  readonly turned: Float64Array;
  readonly curvature: number;
}

/** Sufficient decrease, Nocedal and Wright's c₁. */
const decrease = 1e-4;
/** After this many halvings, the value changes only by rounding. */
const maxHalvings = 30;
/** Relative decrease that is within rounding, as the value may be computed in single precision. */
const rounding = 1e-5;

/**
 * Minimizes a smooth convex function by L-BFGS: Nocedal and Wright, Numerical Optimization (2nd edition), algorithm 7.5
 * with the two-loop recursion 7.4 and the initial matrix (7.20). Steps are halved until they decrease the value enough
 * (algorithm 3.1). For a convex function the curvature along a step is then positive; a step with negative curvature, by
 * rounding, is not remembered.
 */
export async function minimize(
  evaluate: (point: Float64Array) => Promise<Evaluation>,
  start: Float64Array,
  { memory = 10, maxIterations = 300, tolerance = 1e-4 }: MinimizeOptions = {},
): Promise<Minimum> {
  let point = Float64Array.from(start);
  let here = await evaluate(point);
  const steps: Step[] = [];
  for (let iteration = 0; iteration < maxIterations; iteration += 1) {
    if (maxAbsolute(here.gradient) <= tolerance) return { ...here, point, iterations: iteration, converged: true };
    const direction = descent(here.gradient, steps);
    const slope = dot(direction, here.gradient);
    // The first direction is the negative gradient, whose length is no estimate of the step size.
    let size = steps.length === 0 ? 1 / Math.sqrt(Math.max(-slope, Number.MIN_VALUE)) : 1;
    let next = plus(point, size, direction);
    let there = await evaluate(next);
    let halvings = 0;
    while (!(there.value <= here.value + decrease * size * slope) && halvings < maxHalvings) {
      size /= 2;
      halvings += 1;
      next = plus(point, size, direction);
      there = await evaluate(next);
    }
    if (!(there.value <= here.value + decrease * size * slope)) {
      const converged = -slope <= rounding * (1 + Math.abs(here.value));
      return { ...here, point, iterations: iteration, converged };
    }
    const moved = plus(next, -1, point);
    const turned = plus(there.gradient, -1, here.gradient);
    const curvature = dot(moved, turned);
    if (curvature > 1e-12 * dot(turned, turned)) {
      steps.push({ moved, turned, curvature });
      if (steps.length > memory) steps.shift();
    }
    [point, here] = [next, there];
  }
  return { ...here, point, iterations: maxIterations, converged: false };
}

/** The two-loop recursion: minus the approximate inverse Hessian times the gradient. */
function descent(gradient: Float64Array, steps: readonly Step[]): Float64Array {
  let direction = gradient.map((component) => -component);
  const weights: number[] = [];
  for (const { moved, turned, curvature } of steps.toReversed()) {
    const weight = dot(moved, direction) / curvature;
    weights.push(weight);
    direction = plus(direction, -weight, turned);
  }
  const last = steps.at(-1);
  if (last !== undefined) {
    const scale = last.curvature / dot(last.turned, last.turned);
    direction = direction.map((component) => component * scale);
  }
  for (const { moved, turned, curvature } of steps) {
    const weight = (weights.pop() ?? 0) - dot(turned, direction) / curvature;
    direction = plus(direction, weight, moved);
  }
  return direction;
}

function plus(point: Float64Array, factor: number, direction: Float64Array): Float64Array<ArrayBuffer> {
  const result = new Float64Array(point.length);
  for (let index = 0; index < point.length; index += 1) {
    result[index] = (point[index] ?? 0) + factor * (direction[index] ?? 0);
  }
  return result;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return sum;
}

function maxAbsolute(values: Float64Array): number {
  let max = 0;
  for (const value of values) max = Math.max(max, Math.abs(value));
  return max;
}
