import { setTimeout as sleep } from 'node:timers/promises';
import { ingest } from '../../../lambdas/ingest/ingest.ts';
import type { IngestPorts } from '../../../lambdas/ingest/ports.ts';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import type { Delivery, Queue } from '../../../shared/stores/ports.ts';

/** Messages held at the same time. Most of them wait for their row; the decode pool limits how many images are in memory. */
const maxHeld = 1024;
/** Messages of one receive, as in SQS. */
const maxReceived = 10;
const retrySeconds = 1;
/** Between checks of a queue whose messages are all held or hidden, milliseconds. */
const checkMs = 250;

export interface UploadsToIngest {
  readonly uploads: Queue<readonly UploadEvent[]>;
  readonly ports: IngestPorts;
  /** Whether messages that arrive together are ingested together, so that their crops share a pack. */
  readonly together: boolean;
  /** Settles when nothing more will be sent to `uploads`. */
  readonly fed: Promise<void>;
  /** Aborted to take no more messages, and to return those whose images are not cropped yet. */
  readonly stop: AbortSignal;
}

/**
 * Does on one machine what Lambda's poller does on AWS: hands messages to `ingest` and deletes those that succeed. It goes
 * on receiving while messages are held, so an image that takes long holds up no other. Ends when the queue is empty and
 * nothing more will be sent, or when it is stopped.
 */
export async function ingestUploads({ uploads, ports, together, fed, stop }: UploadsToIngest): Promise<void> {
  if (stop.aborted) return;
  const ended = new AbortController();
  fed.finally(() => ended.abort()).catch(() => {}); // the caller handles the error
  const failed = new AbortController();
  const halt = new AbortController();
  const stopped = new Failure('timeout', 'the run was stopped before the image was finished');
  for (const signal of [stop, failed.signal]) {
    signal.addEventListener('abort', () => halt.abort(stopped), { once: true });
  }
  const wake = AbortSignal.any([halt.signal, ended.signal]);
  const working = new Set<Promise<void>>();
  let held = 0;
  /** Resolved when the next group is done. A race of all groups would take time in proportion to their number, each time. */
  let released = Promise.withResolvers<void>();

  const start = (deliveries: readonly Delivery<readonly UploadEvent[]>[]) => {
    held += deliveries.length;
    const work = process(deliveries)
      .catch((error: unknown) => failed.abort(error))
      .finally(() => {
        held -= deliveries.length;
        working.delete(work);
        released.resolve();
        released = Promise.withResolvers();
      });
    working.add(work);
  };
  const process = async (deliveries: readonly Delivery<readonly UploadEvent[]>[]) => {
    const outcomes = await ingest(deliveries, ports, { limits: { crops: halt.signal } });
    const [failures, successes] = [
      outcomes.filter(({ failure }) => failure),
      outcomes.filter(({ failure }) => !failure),
    ];
    await uploads.acknowledge(successes.map(({ receipt }) => receipt));
    await uploads.setVisibility(
      failures.map(({ receipt }) => receipt),
      retrySeconds,
    );
  };

  while (!halt.signal.aborted) {
    if (held > maxHeld - maxReceived) {
      await released.promise;
      continue;
    }
    const last = ended.signal.aborted;
    const deliveries = last
      ? await uploads.receive({ max: maxReceived, waitSeconds: 0 })
      : await uploads.receive({ max: maxReceived, waitSeconds: 20, signal: wake });
    if (deliveries.length > 0) {
      for (const group of together ? [deliveries] : deliveries.map((delivery) => [delivery])) start(group);
      continue;
    }
    if (!last) continue;
    const { visible, inFlight } = await uploads.depth();
    if (visible + inFlight === 0) break;
    // Failed messages are hidden for a while before they are delivered again.
    await Promise.race([released.promise, sleep(checkMs)]);
  }
  await Promise.all(working);
  failed.signal.throwIfAborted();
}
