import { describe, expect, it } from 'vitest';
import { applyMap, fitRidge, innerProducts } from '../../../../model/detector/train/ridge.ts';
import { seededRandom } from '../../../../shared/random/seeded-random.ts';

const random = seededRandom(3);
const embeddings = Array.from({ length: 30 }, () => Float32Array.from({ length: 6 }, () => 2 * random() + 1));
const targets = embeddings.map(([a = 0, b = 0, c = 0]) => [2 * a - b + 5, 0.5 * c - 3]);
const examples = { embeddings, targets, products: innerProducts(embeddings) };
const all = [...embeddings.keys()];

describe('fitRidge', () => {
  it('finds a linear map that the examples have', () => {
    const { weights, bias } = fitRidge(examples, all, 1e-9);
    const expected = [2, -1, 0, 0, 0, 0, 0, 0, 0.5, 0, 0, 0];
    for (const [at, value] of expected.entries()) expect(weights[at]).toBeCloseTo(value, 4);
    expect([...bias]).toEqual([expect.closeTo(5, 3), expect.closeTo(-3, 3)]);
  });

  it('has a gradient of zero, as the minimum of the penalized squares has', () => {
    const penalty = 0.7;
    const layer = fitRidge(examples, all, penalty);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const means = Array.from({ length: 6 }, (_, at) => mean(embeddings.map((embedding) => embedding[at] ?? 0)));
    const spread = mean(
      embeddings.map((embedding) => embedding.reduce((sum, value, at) => sum + (value - (means[at] ?? 0)) ** 2, 0)),
    );
    const errors = embeddings.map((embedding, row) => (applyMap(layer, embedding)[0] ?? 0) - (targets[row]?.[0] ?? 0));
    expect(mean(errors)).toBeCloseTo(0, 5);
    for (let at = 0; at < 6; at += 1) {
      const slope = errors.reduce((sum, error, row) => sum + error * (embeddings[row]?.[at] ?? 0), 0);
      expect(slope + penalty * spread * (layer.weights[at] ?? 0)).toBeCloseTo(0, 3);
    }
  });

  it('predicts the mean under a very strong penalty, and from one example or equal ones', () => {
    const mean = targets.reduce((sum, [value = 0]) => sum + value / targets.length, 0);
    expect(applyMap(fitRidge(examples, all, 1e9), Float32Array.of(1, 2, 3, 4, 5, 6))[0]).toBeCloseTo(mean, 3);
    expect(applyMap(fitRidge(examples, [4], 1), Float32Array.of(1, 2, 3, 4, 5, 6))).toEqual(
      (targets[4] ?? []).map((value) => expect.closeTo(value, 4)),
    );
    const equal = [Float32Array.of(1, 1), Float32Array.of(1, 1)];
    const layer = fitRidge({ embeddings: equal, targets: [[1], [3]], products: innerProducts(equal) }, [0, 1], 1);
    expect(applyMap(layer, Float32Array.of(9, 9))).toEqual([2]);
  });

  it('uses only the rows that it is given', () => {
    const changed = { ...examples, targets: targets.map((target, row) => (row < 15 ? target : [100, 100])) };
    const rows = all.slice(0, 15);
    expect(fitRidge(changed, rows, 0.1)).toEqual(fitRidge(examples, rows, 0.1));
  });
});
