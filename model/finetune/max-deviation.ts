import type { Prediction } from '../verify/predict-crops.ts';
import type { LinearHead } from './linear-head.ts';

/** Maximum difference of a network's probabilities from softmax(W embedding + b), computed in double precision. */
export function maxDeviation({ weights, bias }: LinearHead, { embedding, probabilities }: Prediction): number {
  const logits = Float64Array.from(bias, (shift, label) => {
    let sum = shift;
    for (const [at, value] of embedding.entries()) sum += (weights[label * embedding.length + at] ?? 0) * value;
    return sum;
  });
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.reduce(
    (max, value, label) => Math.max(max, Math.abs(value / total - (probabilities[label] ?? Number.NaN))),
    0,
  );
}
