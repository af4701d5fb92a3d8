import { z } from 'zod';
import { referenceImageFormula } from './reference-image.ts';

/** Number format of a network; `half` and `int8` round, so results differ more between machines. */
export const precisions = ['float', 'half', 'int8'] as const;

export type Precision = (typeof precisions)[number];

const values = z
  .array(z.strictObject({ index: z.int().nonnegative(), value: z.number() }))
  .min(1)
  .readonly();

/** The manifest's `knownAnswer`: a network's output for `referenceImage`. */
export const referenceOutputSchema = z.strictObject({
  /** See `referenceImageFormula`. */
  formula: z.literal(referenceImageFormula),
  precision: z.enum(precisions),
  /** The most probable labels by their index, most probable first. */
  probabilities: values,
  /** Values from the whole length of the embedding. */
  embedding: values,
});

export type ReferenceOutput = Readonly<z.infer<typeof referenceOutputSchema>>;

type Values = ReferenceOutput['probabilities'];

/** A network's output for one image. */
export interface ImageOutput {
  readonly probabilities: Float32Array;
  readonly embedding: Float32Array;
}

const topLabels = 5;
const embeddingValues = 32;
/** Far below every tolerance, and short enough to read. */
const significantDigits = 6;

/** Selects and rounds the values that a manifest keeps. */
export function referenceOutputOf({ probabilities, embedding }: ImageOutput, precision: Precision): ReferenceOutput {
  const byProbability = [...probabilities.keys()].toSorted(
    (a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0) || a - b,
  );
  const count = Math.min(embeddingValues, embedding.length);
  const spread = Array.from({ length: count }, (_, index) => Math.floor((index * embedding.length) / count));
  return {
    formula: referenceImageFormula,
    precision,
    probabilities: valuesAt(byProbability.slice(0, topLabels), probabilities),
    embedding: valuesAt(spread, embedding),
  };
}

function valuesAt(indices: readonly number[], data: Float32Array): Values {
  return indices.map((index) => ({ index, value: Number((data[index] ?? 0).toPrecision(significantDigits)) }));
}

export interface Deviation {
  /** Largest difference of a value, as a share of the largest reference value of its output. */
  readonly largest: number;
  /** The expected and received value where they differ by more than the tolerance; undefined if none does. */
  readonly fault: string | undefined;
}

/**
 * Compares an output with the reference. Differences are relative to the largest reference value of the output: small
 * values are sums of larger ones that cancel, and carry their errors. The most probable label must be the same, unless the
 * two top labels are closer than the tolerance allows each to move.
 */
export function compareWithReference(
  { probabilities, embedding }: ImageOutput,
  reference: ReferenceOutput,
  tolerance: number,
): Deviation {
  const faults: string[] = [];
  const [first] = reference.probabilities;
  const best = probabilities.reduce((top, value, index) => (value > (probabilities[top] ?? 0) ? index : top), 0);
  const lead = (probabilities[best] ?? 0) - (probabilities[first?.index ?? 0] ?? 0);
  // Negated, so that NaN is a fault too.
  if (first !== undefined && !(lead <= 2 * tolerance * first.value)) {
    const expected = `label ${first.index} (probability ${rounded(first.value)})`;
    faults.push(`the most probable label should be ${expected}, got label ${best} (${rounded(probabilities[best])})`);
  }
  const deviations = [
    largestDeviation('probability', reference.probabilities, probabilities),
    largestDeviation('embedding', reference.embedding, embedding),
  ];
  for (const { share, description } of deviations) {
    if (!(share <= tolerance)) faults.push(`${description} (tolerance ${tolerance} of the largest)`);
  }
  return { largest: Math.max(...deviations.map(({ share }) => share)), fault: faults[0] };
}

function largestDeviation(name: string, reference: Values, data: Float32Array): { share: number; description: string } {
  const scale = reference.reduce((most, { value }) => Math.max(most, Math.abs(value)), 0) || 1;
  let worst = { share: 0, description: '' };
  for (const { index, value } of reference) {
    const received = data[index] ?? Number.NaN;
    const share = Math.abs(received - value) / scale;
    // Negated, so that NaN is the worst of all.
    if (!(share <= worst.share)) {
      worst = { share, description: `${name}[${index}] should be ${rounded(value)}, got ${rounded(received)}` };
    }
    if (Number.isNaN(share)) break;
  }
  return worst;
}

function rounded(value: number | undefined): string {
  return value === undefined ? 'nothing' : String(Number(value.toPrecision(4)));
}
