import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { merge } from '../../shared/merge.ts';
import type { Delivery, Queue } from '../../shared/ports.ts';

/** Longest wait that the queue service allows for one receive, seconds. */
const longPollSeconds = 20;

export interface ReceiveOptions {
  /** Receives that are under way at the same time: one brings a few messages and takes a while. */
  readonly pollers: number;
  /** Messages that one receive may bring, 1 to 10. */
  readonly most: number;
  readonly stop: AbortSignal;
  readonly inputEnded: AbortSignal;
}

/**
 * Deliveries one by one, until stopped; or, once the input has ended, until the queue has none to give.
 */
export async function* receive(
  crops: Pick<Queue<CropMessage>, 'receive'>,
  options: ReceiveOptions,
): AsyncGenerator<Delivery<CropMessage>> {
  const polls = Array.from({ length: options.pollers }, () => poll(crops, options));
  for await (const deliveries of merge(polls)) yield* deliveries;
}

async function* poll(
  crops: Pick<Queue<CropMessage>, 'receive'>,
  { most: max, stop, inputEnded }: ReceiveOptions,
): AsyncGenerator<Delivery<CropMessage>[]> {
  const wake = AbortSignal.any([stop, inputEnded]);
  while (!stop.aborted) {
    const last = inputEnded.aborted;
    const deliveries = last
      ? await crops.receive({ max, waitSeconds: 0 })
      : await crops.receive({ max, waitSeconds: longPollSeconds, signal: wake });
    if (deliveries.length > 0) yield deliveries;
    else if (last) return;
  }
}
