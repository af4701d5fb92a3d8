import type { CropEnvelope } from '../../../shared/crops/crop-envelope.ts';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { merge } from '../../../shared/flow/merge.ts';
import { type RetryOptions, retry } from '../../../shared/flow/retry.ts';
import type { Delivery } from '../../../shared/stores/ports.ts';
import { attemptKindOf } from './attempt-kind.ts';
import type { HeldMessages } from './held-messages.ts';

/** Longest wait that the queue service allows for one receive, seconds. */
const longPollSeconds = 20;

export interface ReceiveOptions extends Pick<RetryOptions, 'attempts' | 'onFailure'> {
  /** Receives that are under way at the same time: one brings a few messages and takes a while. */
  readonly pollers: number;
  /** Messages that one receive may bring, 1 to 10. */
  readonly most: number;
  /** Deliveries of a message in all. */
  readonly maxAttempts: number;
  readonly stop: AbortSignal;
  readonly inputEnded: AbortSignal;
  /** What is done for what one receive brought, before anything of it is handed on. */
  readonly prepare: (deliveries: readonly Delivery<CropEnvelope>[]) => Promise<Delivery<CropMessage>[]>;
}

/**
 * Deliveries one by one, until stopped; or, once the input has ended, until the queue has none to give. A queue that
 * fails is asked again until it answers, unless what failed will not pass. Messages on their last attempt are handed on
 * one after another, each when the one before is settled, and received one at a time as long as there are any.
 */
export async function* receive(
  crops: Pick<HeldMessages, 'receive' | 'released'>,
  options: ReceiveOptions,
): AsyncGenerator<Delivery<CropMessage>> {
  const polls = Array.from({ length: options.pollers }, () => poll(crops, options));
  for await (const deliveries of merge(polls)) yield* deliveries;
}

async function* poll(
  crops: Pick<HeldMessages, 'receive' | 'released'>,
  { most, maxAttempts, stop, inputEnded, prepare, attempts, onFailure }: ReceiveOptions,
): AsyncGenerator<Delivery<CropMessage>[]> {
  const wake = AbortSignal.any([stop, inputEnded]);
  let max = most;
  while (!stop.aborted) {
    const last = inputEnded.aborted;
    const wait = last ? { waitSeconds: 0 } : { waitSeconds: longPollSeconds, signal: wake };
    const deliveries = await retry(() => crops.receive({ max, ...wait }), { attempts, onFailure, signal: stop }).catch(
      (error: unknown) => {
        // Told to stop while the queue is away: no more is wanted of it.
        if (stop.aborted && error instanceof Failure) return [];
        throw error;
      },
    );
    if (deliveries.length === 0 && last) return;
    const prepared = await prepare(deliveries);
    const isLast = (delivery: Delivery<CropMessage>) => attemptKindOf(delivery, maxAttempts) === 'last';
    const others = prepared.filter((delivery) => !isLast(delivery));
    if (others.length > 0) yield others;
    const suspects = prepared.filter(isLast);
    for (const suspect of suspects) {
      yield [suspect];
      await crops.released(suspect.receipt);
    }
    max = suspects.length > 0 ? 1 : most;
  }
}
