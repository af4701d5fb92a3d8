import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { Failure } from '../../shared/failure.ts';
import type { Delivery, Queue, ResultsWriter } from '../../shared/ports.ts';
import type { RejectedRow } from '../../shared/results/row.ts';
import type { ClassifyPorts } from './ports.ts';
import { rejectedRow } from './rows.ts';

/**
 * A queue that writes a row for each image whose message is delivered for the last time, before it hands the message on.
 * Should the worker be lost over it, as it may have been every time before, the message becomes a dead letter and that
 * row is all that tells of the image; any other end gives a later row, which takes its place.
 */
export function withLastWords(
  crops: Pick<Queue<CropMessage>, 'receive'>,
  { model, maxAttempts, results }: Pick<ClassifyPorts, 'model' | 'maxAttempts'> & { readonly results: ResultsWriter },
): Pick<Queue<CropMessage>, 'receive'> {
  return {
    async receive(options) {
      const deliveries = await crops.receive(options);
      const rows = deliveries.flatMap((delivery) => lastRow(delivery));
      if (rows.length > 0) await results.append(rows);
      return deliveries;
    },
  };

  function lastRow({ attempt, body }: Delivery<CropMessage>): RejectedRow[] {
    if (attempt < maxAttempts || body instanceof Failure) return [];
    const abandoned = new Failure('abandoned', `none of ${attempt} attempts came to an end`);
    return [rejectedRow(body, abandoned, model)];
  }
}
