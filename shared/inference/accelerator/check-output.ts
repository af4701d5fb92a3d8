import { compareWithReference, type ImageOutput, type ReferenceOutput } from '../../models/reference-output.ts';
import type { Scores } from '../batch.ts';
import { AcceleratorError } from './accelerator-error.ts';
import type { Provider } from './provider.ts';
import { toleranceOf } from './tolerance.ts';

export interface Reference {
  readonly output: ReferenceOutput;
  /** The manifest; for manifests without a reference output the CPU, computed at start. */
  readonly from: 'manifest' | 'cpu';
}

/** The result of comparing a provider's output with the reference. */
export interface ReferenceCheck {
  readonly from: Reference['from'];
  /** See `Deviation.largest`. */
  readonly difference: number;
  readonly tolerance: number;
}

/** @throws {AcceleratorError} when the output is outside the tolerance */
export function checkOutput(output: ImageOutput, reference: Reference, provider: Provider): ReferenceCheck {
  const tolerance = toleranceOf(provider, reference.output.precision);
  const { largest, fault } = compareWithReference(output, reference.output, tolerance);
  if (fault === undefined) return { from: reference.from, difference: largest, tolerance };
  throw new AcceleratorError(provider, 'wrong_answer', `wrong results: ${fault}`);
}

/**
 * Checks every row of a batch of reference images: providers choose kernels by batch shape, so one image alone proves
 * nothing about a batch of eight.
 * @throws {AcceleratorError} naming the row
 */
export function checkBatchOutput(
  { probabilities, embeddings }: Scores,
  rows: number,
  reference: Reference,
  provider: Provider,
): void {
  const tolerance = toleranceOf(provider, reference.output.precision);
  for (let row = 0; row < rows; row += 1) {
    const output = { probabilities: rowOf(probabilities, row, rows), embedding: rowOf(embeddings, row, rows) };
    const { fault } = compareWithReference(output, reference.output, tolerance);
    if (fault === undefined) continue;
    const reason = `wrong results in a batch of ${rows}, image ${row + 1}: ${fault}`;
    throw new AcceleratorError(provider, 'wrong_answer', reason);
  }
}

function rowOf(data: Float32Array, row: number, rows: number): Float32Array {
  const width = data.length / rows;
  return data.subarray(row * width, (row + 1) * width);
}
