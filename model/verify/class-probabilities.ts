import { UserError } from '../../shared/failures/user-error.ts';
import type { OutputKind } from '../graph/output-head.ts';

/**
 * The class probabilities that a network's output stands for. One logit or score p stands for two classes, 1 − p and p.
 * @throws {UserError} for several scores, which do not exclude each other
 */
export function classProbabilities(kind: OutputKind, output: Float32Array): Float32Array {
  const [single] = output.length === 1 ? output : [];
  switch (kind) {
    case 'probabilities':
      return output;
    case 'log-probabilities':
      return output.map(Math.exp);
    case 'logits':
      return single === undefined ? softmax(output) : Float32Array.of(sigmoid(-single), sigmoid(single));
    case 'scores':
      if (single !== undefined) return Float32Array.of(1 - single, single);
      throw new UserError('the output has several scores, which are not the probabilities of classes');
  }
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

function softmax(logits: Float32Array): Float32Array {
  const max = logits.reduce((largest, value) => Math.max(largest, value), Number.NEGATIVE_INFINITY);
  const powers = logits.map((value) => Math.exp(value - max));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}
