import { Failure } from '../failures/failure.ts';
import type { ClassifiedRow } from '../rows/row.ts';
import { type Label, topK } from './top-k.ts';

/** The most probable labels that a row has. */
const topLabels = 5;

/**
 * The columns of a row that state the labels of its image.
 * @param probabilities one per label
 * @throws {Failure} `internal` without labels
 */
export function labelColumns(
  probabilities: Float32Array,
  labels: readonly Label[],
): Pick<ClassifiedRow, 'label' | 'label_id' | 'probability' | 'top'> {
  const top = topK(probabilities, labels, topLabels);
  const [best] = top;
  if (best === undefined) throw new Failure('internal', 'the model has no labels');
  const { label, label_id, probability } = best;
  return { label, label_id, probability, top };
}
