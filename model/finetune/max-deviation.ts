import type { Prediction } from '../verify/agreement.ts';
import type { LinearHead } from './linear-head.ts';

/** How far a network's probabilities are from the softmax of a layer over its embedding, computed in double precision. */
export function maxDeviation({ weights, bias }: LinearHead, { embedding, probabilities }: Prediction): number {
  const logits = Float64Array.from(bias, (shift, own) => {
    let sum = shift;
    for (const [at, value] of embedding.entries()) sum += (weights[own * embedding.length + at] ?? 0) * value;
    return sum;
  });
  const top = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - top));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.reduce(
    (most, value, own) => Math.max(most, Math.abs(value / total - (probabilities[own] ?? Number.NaN))),
    0,
  );
}
