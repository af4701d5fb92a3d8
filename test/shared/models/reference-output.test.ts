import { describe, expect, it } from 'vitest';
import { compareWithReference, type ImageOutput, referenceOutputOf } from '../../../shared/models/reference-output.ts';

const output: ImageOutput = {
  probabilities: Float32Array.of(0.05, 0.5, 0.05, 0.3, 0.04, 0.06),
  embedding: Float32Array.from({ length: 100 }, (_, index) => index / 10),
};
const reference = referenceOutputOf(output, 'float');

const withProbabilities = (...values: number[]): ImageOutput => ({
  ...output,
  probabilities: Float32Array.from(values),
});
const withEmbedding = (changed: number, value: number): ImageOutput => ({
  ...output,
  embedding: output.embedding.map((old, index) => (index === changed ? value : old)),
});

describe('a reference output', () => {
  it('holds the most probable labels and values from the whole embedding', () => {
    expect(reference.probabilities.map(({ index }) => index)).toEqual([1, 3, 5, 0, 2]);
    expect(reference.embedding).toHaveLength(32);
    expect(reference.embedding.at(-1)).toEqual({ index: 96, value: 9.6 });
  });

  it('matches itself, to its number of digits', () => {
    const { largest, fault } = compareWithReference(output, reference, 1e-3);
    expect(fault).toBeUndefined();
    expect(largest).toBeLessThan(1e-5);
  });

  it('matches values that differ by less than the tolerance, relative to the largest value', () => {
    expect(compareWithReference(withEmbedding(0, 0.009), reference, 1e-3).fault).toBeUndefined();
    expect(compareWithReference(withEmbedding(0, 0.011), reference, 1e-3).fault).toBe(
      'embedding[0] should be 0, got 0.011 (tolerance 0.001 of the largest)',
    );
  });

  const others: [string, ImageOutput, RegExp][] = [
    [
      'another label',
      withProbabilities(0.05, 0.3, 0.05, 0.5, 0.04, 0.06),
      /should be label 1 \(probability 0\.5\), got label 3 \(0\.5\)/,
    ],
    ['a label that was not among the most probable', withProbabilities(0, 0.3, 0, 0.2, 0.45, 0.05), /got label 4/],
    [
      'another probability',
      withProbabilities(0.05, 0.6, 0.05, 0.2, 0.04, 0.06),
      /^probability\[\d\] should be 0\.\d+, got/,
    ],
    ['NaN', withProbabilities(Number.NaN, Number.NaN, 0, 0, 0, 0), /\(NaN\)$/],
    ['NaN in the embedding', withEmbedding(3, Number.NaN), /embedding\[3\] should be 0\.3, got NaN/],
    ['a shorter embedding', { ...output, embedding: output.embedding.slice(0, 50) }, /embedding\[\d+\] .* got NaN/],
  ];
  it.each(others)('does not match %s', (_, changed, text) => {
    expect(compareWithReference(changed, reference, 1e-2).fault).toMatch(text);
  });

  it('lets two labels swap ranks that are closer than the tolerance allows each to move', () => {
    const close = referenceOutputOf(withProbabilities(0.501, 0.499), 'half');
    expect(compareWithReference(withProbabilities(0.499, 0.501), close, 1e-2).fault).toBeUndefined();
    expect(compareWithReference(withProbabilities(0.499, 0.501), close, 1e-3).fault).toMatch(/most probable/);
  });
});
