import type { Scores } from '../batch.ts';
import { AcceleratorError } from './accelerator-error.ts';
import type { Provider } from './provider.ts';
import { compareWithReference, type ImageOutput, type ReferenceOutput } from './reference-output.ts';
import { toleranceOf } from './tolerance.ts';

/** The answer that is held to be right, and where it came from. */
export interface Reference {
  readonly answer: ReferenceOutput;
  /** The manifest or, where that has none, the CPU, just now. */
  readonly from: 'manifest' | 'cpu';
}

/** How the known answer was met. */
export interface ReferenceCheck {
  readonly from: Reference['from'];
  /** See `Deviation.largest`. */
  readonly difference: number;
  readonly tolerance: number;
}

/** @throws {AcceleratorError} when the answer is further from the known one than rounding takes it */
export function checkOutput(
  answer: ImageOutput,
  { answer: known, from }: Reference,
  provider: Provider,
): ReferenceCheck {
  const tolerance = toleranceOf(provider, known.precision);
  const { largest, fault } = compareWithReference(answer, known, tolerance);
  if (fault === undefined) return { from, difference: largest, tolerance };
  throw new AcceleratorError(provider, 'wrong_answer', `it computes something else: ${fault}`);
}

/**
 * Holds each row of a batch of known images against the known answer: providers choose kernels by the shape of a batch,
 * so that one image says nothing of eight.
 * @throws {AcceleratorError} as above, saying in which row of how many
 */
export function checkBatchOutput(
  { probabilities, embeddings }: Scores,
  rows: number,
  { answer: known }: Reference,
  provider: Provider,
): void {
  const tolerance = toleranceOf(provider, known.precision);
  for (let row = 0; row < rows; row += 1) {
    const answer = { probabilities: rowOf(probabilities, row, rows), embedding: rowOf(embeddings, row, rows) };
    const { fault } = compareWithReference(answer, known, tolerance);
    if (fault === undefined) continue;
    const reason = `it computes something else in a batch of ${rows}, image ${row + 1}: ${fault}`;
    throw new AcceleratorError(provider, 'wrong_answer', reason);
  }
}

function rowOf(data: Float32Array, row: number, rows: number): Float32Array {
  const width = data.length / rows;
  return data.subarray(row * width, (row + 1) * width);
}
