import { describe, expect, it } from 'vitest';
import { labelColumns } from '../../../shared/inference/label-columns.ts';

const labels = ['cat', 'dog', 'fox', 'owl', 'bee', 'ant'].map((name) => ({ id: `n-${name}`, name }));
const scored = (index: number, probability: number) => {
  const { id: label_id = '', name: label = '' } = labels[index] ?? {};
  return { label_id, label, probability };
};

describe('the labels of a row', () => {
  it('are the five most probable ones, and the best of them by itself', () => {
    expect(labelColumns(Float32Array.of(0, 0.125, 0.5, 0.0625, 0.25, 0.03125), labels)).toEqual({
      ...scored(2, 0.5),
      top: [scored(2, 0.5), scored(4, 0.25), scored(1, 0.125), scored(3, 0.0625), scored(5, 0.03125)],
    });
  });

  it('are fewer of a model with fewer labels', () => {
    expect(labelColumns(Float32Array.of(1), labels.slice(0, 1)).top).toEqual([scored(0, 1)]);
    expect(() => labelColumns(new Float32Array(), [])).toThrow('the model has no labels');
  });
});
