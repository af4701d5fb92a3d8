import type { Prediction } from '../verify/predict-crops.ts';
import type { LinearHead } from './linear-head.ts';

/** Maximum difference of a network's probabilities from softmax(W embedding + b), computed in double precision. */
export function maxDeviation(head: LinearHead, { embedding, probabilities }: Prediction): number {
  const logits = layerOutput(head, embedding);
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return maxDifference(
    exponentials.map((value) => value / total),
    probabilities,
  );
}

/** Maximum difference of a network's boxes from W embedding + b, computed in double precision; NaN without boxes. */
export function maxBoxDeviation(layer: LinearHead, { embedding, boxes = new Float32Array() }: Prediction): number {
  return maxDifference(layerOutput(layer, embedding), boxes);
}

function layerOutput({ weights, bias }: LinearHead, embedding: Float32Array): Float64Array {
  return Float64Array.from(bias, (shift, output) => {
    let sum = shift;
    for (const [at, value] of embedding.entries()) sum += (weights[output * embedding.length + at] ?? 0) * value;
    return sum;
  });
}

function maxDifference(expected: Float64Array, actual: Float32Array): number {
  return expected.reduce((max, value, index) => Math.max(max, Math.abs(value - (actual[index] ?? Number.NaN))), 0);
}
