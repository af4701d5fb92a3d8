import { describe, expect, it } from 'vitest';
import { topK } from '../../../shared/inference/top-k.ts';

const labels = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, name: `label ${id}` }));
const ids = (probabilities: number[], k: number) =>
  topK(Float32Array.from(probabilities), labels, k).map(({ label_id }) => label_id);

describe('topK', () => {
  it('gives the most probable labels first', () => {
    expect(ids([0.1, 0.4, 0.05, 0.3, 0.15], 3)).toEqual(['b', 'd', 'e']);
  });

  it('keeps the order of equal labels', () => {
    expect(ids([0.2, 0.2, 0.2, 0.2, 0.2], 2)).toEqual(['a', 'b']);
  });

  it('gives all labels when there are fewer than k', () => {
    expect(ids([0.1, 0.4, 0.05, 0.3, 0.15], 9)).toEqual(['b', 'd', 'e', 'a', 'c']);
  });

  it('agrees with sorting on a thousand classes', () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({ id: String(index), name: '' }));
    const probabilities = Float32Array.from(many, (_, index) => ((index * 7919) % 1009) / 1009);
    const sorted = many.toSorted((a, b) => (probabilities[Number(b.id)] ?? 0) - (probabilities[Number(a.id)] ?? 0));
    expect(topK(probabilities, many, 5).map(({ label_id }) => label_id)).toEqual(
      sorted.slice(0, 5).map(({ id }) => id),
    );
  });

  it('gives the name and probability of each label', () => {
    expect(topK(Float32Array.of(0.25, 0.75), labels.slice(0, 2), 1)).toEqual([
      { label_id: 'b', label: 'label b', probability: 0.75 },
    ]);
  });
});
