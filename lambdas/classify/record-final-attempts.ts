import type { CropEnvelope } from '../../shared/crops/crop-envelope.ts';
import { Failure } from '../../shared/failures/failure.ts';
import type { RejectedRow } from '../../shared/rows/row.ts';
import type { Delivery, ResultsWriter } from '../../shared/stores/ports.ts';
import type { ClassifyPorts } from './ports.ts';
import { rejectedRow } from './rows.ts';

/**
 * Writes a row for each image whose message was delivered for the last time, before it is tried. Should the worker be
 * lost over it, as it may have been every time before, the message becomes a dead letter and that row is all that tells
 * of the image; any other end gives a later row, which takes its place.
 */
export async function recordFinalAttempts(
  deliveries: readonly Delivery<CropEnvelope>[],
  { model, maxAttempts, results }: Pick<ClassifyPorts, 'model' | 'maxAttempts'> & { readonly results: ResultsWriter },
): Promise<void> {
  const rows = deliveries.flatMap(({ attempt, body }): RejectedRow[] => {
    if (attempt < maxAttempts || body instanceof Failure) return [];
    const abandoned = new Failure('abandoned', `none of ${attempt} attempts came to an end`);
    return [rejectedRow(body, abandoned, model)];
  });
  if (rows.length > 0) await results.append(rows);
}
