import type { CropMessage } from '../../shared/crops/crop-message.ts';
import type { Delivery, Queue } from '../../shared/ports.ts';

/** Longest wait that the queue service allows for one receive, seconds. */
const longPollSeconds = 20;

/**
 * Deliveries one by one, until stopped; or, once the input has ended, until the queue has none to give.
 */
export async function* receive(
  crops: Queue<CropMessage>,
  { stop, inputEnded }: { stop: AbortSignal; inputEnded: AbortSignal },
): AsyncGenerator<Delivery<CropMessage>> {
  const wake = AbortSignal.any([stop, inputEnded]);
  while (!stop.aborted) {
    const last = inputEnded.aborted;
    const deliveries = last
      ? await crops.receive({ max: 10, waitSeconds: 0 })
      : await crops.receive({ max: 10, waitSeconds: longPollSeconds, signal: wake });
    yield* deliveries;
    if (last && deliveries.length === 0) return;
  }
}
