import { z } from 'zod';
import { referenceImageFormula } from './reference-image.ts';

/** What a network computes in: `half` and `int8` round, so that machines differ by more. */
export const precisions = ['float', 'half', 'int8'] as const;

export type Precision = (typeof precisions)[number];

const place = z.int().nonnegative();
const values = z
  .array(z.strictObject({ index: place, value: z.number() }))
  .min(1)
  .readonly();

/** What a network says of the image that `referenceImage` makes. */
export const referenceOutputSchema = z.strictObject({
  /** See `referenceImageFormula`. */
  formula: z.literal(referenceImageFormula),
  precision: z.enum(precisions),
  /** The most probable labels by their place among the labels, most probable first. */
  probabilities: values,
  /** Numbers of the embedding from its beginning to its end. */
  embedding: values,
});

export type ReferenceOutput = Readonly<z.infer<typeof referenceOutputSchema>>;

type Values = ReferenceOutput['probabilities'];

/** What a network says of one image. */
export interface ImageOutput {
  readonly probabilities: Float32Array;
  readonly embedding: Float32Array;
}

const topLabels = 5;
const embeddingValues = 32;
/** Far below every tolerance, and short enough to read. */
const significantDigits = 6;

/** An answer as a manifest keeps it. */
export function referenceOutputOf({ probabilities, embedding }: ImageOutput, precision: Precision): ReferenceOutput {
  const byProbability = [...probabilities.keys()].toSorted(
    (one, other) => (probabilities[other] ?? 0) - (probabilities[one] ?? 0) || one - other,
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

function valuesAt(places: readonly number[], data: Float32Array): Values {
  return places.map((index) => ({ index, value: Number((data[index] ?? 0).toPrecision(significantDigits)) }));
}

export interface Deviation {
  /** Largest difference of a number, as a share of the largest expected one of its output. */
  readonly largest: number;
  /** What was expected and what came, where they differ by more than is tolerated; else nothing. */
  readonly fault: string | undefined;
}

/**
 * Holds an answer against the known one. Both outputs are measured against their largest expected number: small ones
 * are sums of larger ones that cancel, and carry those' errors. The most probable label must be the same, unless the two
 * that compete are closer than what each may move.
 */
export function compareWithReference(
  { probabilities, embedding }: ImageOutput,
  known: ReferenceOutput,
  tolerance: number,
): Deviation {
  const faults: string[] = [];
  const [first] = known.probabilities;
  const best = probabilities.reduce((most, value, index) => (value > (probabilities[most] ?? 0) ? index : most), 0);
  const ahead = (probabilities[best] ?? 0) - (probabilities[first?.index ?? 0] ?? 0);
  if (first !== undefined && !(ahead <= 2 * tolerance * first.value)) {
    const came = `${shown(probabilities[best])} for label ${best}`;
    faults.push(`probability ${shown(first.value)} for label ${first.index} above all, got ${came}`);
  }
  const off = [
    largestOff('probability', known.probabilities, probabilities),
    largestOff('embedding', known.embedding, embedding),
  ];
  for (const { share, what } of off) if (!(share <= tolerance)) faults.push(what);
  const [fault] = faults;
  return {
    largest: Math.max(...off.map(({ share }) => share)),
    fault: fault === undefined ? undefined : `expected ${fault}: apart by more than ${tolerance} of the largest`,
  };
}

function largestOff(name: string, expected: Values, data: Float32Array): { share: number; what: string } {
  const scale = expected.reduce((most, { value }) => Math.max(most, Math.abs(value)), 0) || 1;
  let worst = { share: 0, what: '' };
  for (const { index, value } of expected) {
    const came = data[index] ?? Number.NaN;
    const share = Math.abs(came - value) / scale;
    // Written so that a number that is none is the worst of all.
    if (!(share <= worst.share)) {
      worst = { share, what: `${name} ${shown(value)} at ${index}, got ${shown(came)}` };
    }
    if (Number.isNaN(share)) break;
  }
  return worst;
}

function shown(value: number | undefined): string {
  return value === undefined ? 'nothing' : String(Number(value.toPrecision(4)));
}
