import type { CropEnvelope } from '../../../shared/crops/crop-envelope.ts';
import type { CropMessage } from '../../../shared/crops/crop-message.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { merge } from '../../../shared/flow/merge.ts';
import { type RetryOptions, retry } from '../../../shared/flow/retry.ts';
import type { Delivery } from '../../../shared/stores/ports.ts';
import { attemptKindOf } from './attempt-kind.ts';
import type { HeldMessages } from './held-messages.ts';

/** The longest wait of one receive that SQS allows, seconds. */
const longPollSeconds = 20;

export interface ReceiveOptions extends Pick<RetryOptions, 'attempts' | 'onFailure'> {
  /** Parallel receives: each returns a few messages after a while. */
  readonly pollers: number;
  /** Maximum messages per receive, 1 to 10. */
  readonly maxMessages: number;
  /** Maximum deliveries of a message. */
  readonly maxAttempts: number;
  readonly stop: AbortSignal;
  readonly inputEnded: AbortSignal;
  /** Runs on the messages of each receive before they are yielded. */
  readonly prepare: (deliveries: readonly Delivery<CropEnvelope>[]) => Promise<Delivery<CropMessage>[]>;
}

/**
 * Yields deliveries until stopped or, once the input has ended, until the queue is empty. Transient failures of the queue
 * are retried. Messages on their last attempt are yielded one at a time, each after the previous one is released; as
 * long as a receive returns them, the next one requests a single message.
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
  { maxMessages, maxAttempts, stop, inputEnded, prepare, attempts, onFailure }: ReceiveOptions,
): AsyncGenerator<Delivery<CropMessage>[]> {
  const wake = AbortSignal.any([stop, inputEnded]);
  let max = maxMessages;
  while (!stop.aborted) {
    const last = inputEnded.aborted;
    const wait = last ? { waitSeconds: 0 } : { waitSeconds: longPollSeconds, signal: wake };
    const deliveries = await retry(() => crops.receive({ max, ...wait }), { attempts, onFailure, signal: stop }).catch(
      (error: unknown) => {
        // Stopped during an outage of the queue: no more messages are needed.
        if (stop.aborted && error instanceof Failure) return [];
        throw error;
      },
    );
    if (deliveries.length === 0 && last) return;
    const prepared = await prepare(deliveries);
    const isLast = (delivery: Delivery<CropMessage>) => attemptKindOf(delivery, maxAttempts) === 'last';
    const ordinary = prepared.filter((delivery) => !isLast(delivery));
    if (ordinary.length > 0) yield ordinary;
    const lastAttempts = prepared.filter(isLast);
    for (const delivery of lastAttempts) {
      yield [delivery];
      await crops.released(delivery.receipt);
    }
    max = lastAttempts.length > 0 ? 1 : maxMessages;
  }
}
