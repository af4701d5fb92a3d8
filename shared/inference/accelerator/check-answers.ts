import type { Scores } from '../session.ts';
import { AcceleratorError } from './accelerator-error.ts';
import { type Answer, compareAnswer, type KnownAnswer } from './known-answer.ts';
import type { Provider } from './provider.ts';
import { toleranceOf } from './tolerance.ts';

/** The answer that is held to be right, and where it came from. */
export interface Expected {
  readonly answer: KnownAnswer;
  /** The manifest or, where that has none, the CPU, just now. */
  readonly from: 'manifest' | 'cpu';
}

/** How the known answer was met. */
export interface AnswerCheck {
  readonly from: Expected['from'];
  /** See `Deviation.largest`. */
  readonly difference: number;
  readonly tolerance: number;
}

/** @throws {AcceleratorError} when the answer is further from the known one than rounding takes it */
export function checkAnswer(answer: Answer, { answer: known, from }: Expected, provider: Provider): AnswerCheck {
  const tolerance = toleranceOf(provider, known.precision);
  const { largest, fault } = compareAnswer(answer, known, tolerance);
  if (fault === undefined) return { from, difference: largest, tolerance };
  throw new AcceleratorError(provider, 'wrong_answer', `it computes something else: ${fault}`);
}

/**
 * Holds each row of a batch of known images against the known answer: providers choose kernels by the shape of a batch,
 * so that one image says nothing of eight.
 * @throws {AcceleratorError} as above, saying in which row of how many
 */
export function checkBatch(
  { probabilities, embeddings }: Scores,
  rows: number,
  { answer: known }: Expected,
  provider: Provider,
): void {
  const tolerance = toleranceOf(provider, known.precision);
  for (let row = 0; row < rows; row += 1) {
    const answer = { probabilities: rowOf(probabilities, row, rows), embedding: rowOf(embeddings, row, rows) };
    const { fault } = compareAnswer(answer, known, tolerance);
    if (fault === undefined) continue;
    const reason = `it computes something else in a batch of ${rows}, image ${row + 1}: ${fault}`;
    throw new AcceleratorError(provider, 'wrong_answer', reason);
  }
}

function rowOf(data: Float32Array, row: number, rows: number): Float32Array {
  const width = data.length / rows;
  return data.subarray(row * width, (row + 1) * width);
}
