import { expect, test } from 'vitest';
import { comparePredictions } from '../../../model/verify/agreement.ts';

const prediction = (...embedding: number[]) => ({
  probabilities: Float32Array.of(0.75, 0.25),
  embedding: Float32Array.from(embedding),
});

test('two embeddings of zeros agree, and one of zeros agrees with no other', () => {
  const before = [prediction(0, 0), prediction(0, 0), prediction(1, 2), prediction(1, 2)];
  const after = [prediction(0, 0), prediction(1, 0), prediction(0, 0), prediction(2, 4)];

  const { embeddingCosine } = comparePredictions(before, after);

  expect(embeddingCosine).toBeCloseTo((1 + 0 + 0 + 1) / 4, 12);
});

test('the cosine of an embedding that is not a number is not a number', () => {
  const { embeddingCosine } = comparePredictions([prediction(Number.NaN, 1)], [prediction(Number.NaN, 1)]);

  expect(embeddingCosine).toBeNaN();
});
