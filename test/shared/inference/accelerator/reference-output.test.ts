import { describe, expect, it } from 'vitest';
import {
  compareWithReference,
  type ImageOutput,
  referenceOutputOf,
} from '../../../../shared/inference/accelerator/reference-output.ts';

const answer: ImageOutput = {
  probabilities: Float32Array.of(0.05, 0.5, 0.05, 0.3, 0.04, 0.06),
  embedding: Float32Array.from({ length: 100 }, (_, index) => index / 10),
};
const known = referenceOutputOf(answer, 'float');

const withProbabilities = (...values: number[]): ImageOutput => ({
  ...answer,
  probabilities: Float32Array.from(values),
});
const withEmbedding = (place: number, value: number): ImageOutput => ({
  ...answer,
  embedding: answer.embedding.map((old, index) => (index === place ? value : old)),
});

describe('a known answer', () => {
  it('holds the most probable labels and numbers from all over the embedding', () => {
    expect(known.probabilities.map(({ index }) => index)).toEqual([1, 3, 5, 0, 2]);
    expect(known.embedding).toHaveLength(32);
    expect(known.embedding.at(-1)).toEqual({ index: 96, value: 9.6 });
  });

  it('is met by itself, in as many digits as it has', () => {
    const { largest, fault } = compareWithReference(answer, known, 1e-3);
    expect(fault).toBeUndefined();
    expect(largest).toBeLessThan(1e-5);
  });

  it('is met by what differs by less than the tolerance, measured against the largest number', () => {
    expect(compareWithReference(withEmbedding(0, 0.009), known, 1e-3).fault).toBeUndefined();
    expect(compareWithReference(withEmbedding(0, 0.011), known, 1e-3).fault).toBe(
      'expected embedding 0 at 0, got 0.011: apart by more than 0.001 of the largest',
    );
  });

  const others: [string, ImageOutput, RegExp][] = [
    ['another label', withProbabilities(0.05, 0.3, 0.05, 0.5, 0.04, 0.06), /above all, got 0\.5 for label 3/],
    ['a label that was not among the most probable', withProbabilities(0, 0.3, 0, 0.2, 0.45, 0.05), /for label 4/],
    ['another probability', withProbabilities(0.05, 0.6, 0.05, 0.2, 0.04, 0.06), /probability 0\.\d+ at \d, got/],
    ['no number', withProbabilities(Number.NaN, Number.NaN, 0, 0, 0, 0), /got NaN/],
    ['no number in the embedding', withEmbedding(3, Number.NaN), /embedding 0\.3 at 3, got NaN/],
    ['a shorter embedding', { ...answer, embedding: answer.embedding.slice(0, 50) }, /embedding .* got NaN/],
  ];
  it.each(others)('is not met by %s', (_, other, text) => {
    expect(compareWithReference(other, known, 1e-2).fault).toMatch(text);
  });

  it('lets two labels change places that are closer than each may move', () => {
    const close = referenceOutputOf(withProbabilities(0.501, 0.499), 'half');
    expect(compareWithReference(withProbabilities(0.499, 0.501), close, 1e-2).fault).toBeUndefined();
    expect(compareWithReference(withProbabilities(0.499, 0.501), close, 1e-3).fault).toMatch(/above all/);
  });
});
