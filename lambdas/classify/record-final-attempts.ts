import type { CropEnvelope } from '../../shared/crops/crop-envelope.ts';
import { Failure } from '../../shared/failures/failure.ts';
import type { ResultsWriter } from '../../shared/rows/results-writer.ts';
import type { RejectedRow } from '../../shared/rows/row.ts';
import type { Delivery } from '../../shared/stores/ports.ts';
import type { ClassifyPorts } from './ports.ts';
import { rejectedRow } from './rows.ts';

/**
 * Writes a rejected row for each image whose message was delivered for the last time, before it is classified. If the
 * process dies over the image, the message becomes a dead letter and this row is its only trace; in any other case a
 * later row replaces it.
 */
export async function recordFinalAttempts(
  deliveries: readonly Delivery<CropEnvelope>[],
  { model, maxAttempts, results }: Pick<ClassifyPorts, 'model' | 'maxAttempts'> & { readonly results: ResultsWriter },
): Promise<void> {
  const rows = deliveries.flatMap(({ attempt, body }): RejectedRow[] => {
    if (attempt < maxAttempts || body instanceof Failure) return [];
    const abandoned = new Failure('abandoned', `none of ${attempt} attempts finished`);
    return [rejectedRow(body, abandoned, model)];
  });
  if (rows.length > 0) await results.append(rows);
}
