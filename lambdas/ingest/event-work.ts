import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import type { Delivery } from '../../shared/stores/ports.ts';
import type { IngestPorts } from './ports.ts';
import { type SkipReason, skipEvents } from './skip-events.ts';

export type Outcome = 'sent' | 'deleted' | SkipReason | Failure;

/** One event in progress; its outcome is `open` until it is known. */
export interface EventWork {
  readonly delivery: Delivery<readonly UploadEvent[]>;
  /** With the etag, version and size of the object once it was read. */
  event: UploadEvent;
  outcome: Outcome | 'open';
}

/** All events of a batch, in order; those that are skipped have their outcome. */
export function startWork(deliveries: readonly Delivery<readonly UploadEvent[]>[], ports: IngestPorts): EventWork[] {
  const uploads = deliveries.flatMap((delivery) =>
    delivery.body instanceof Failure ? [] : delivery.body.map((event) => ({ delivery, event })),
  );
  const skipped = skipEvents(
    uploads.map(({ event }) => event),
    ports,
  );
  return uploads.map(({ delivery, event }, index) => ({
    delivery,
    event,
    outcome: skipped[index] ?? (event.kind === 'deleted' ? 'deleted' : 'open'),
  }));
}

export function outcomeOf({ outcome }: EventWork): Outcome {
  return outcome === 'open' ? new Failure('internal', 'ingest gave no outcome for this event') : outcome;
}

export function isLastAttempt(
  { attempt }: Pick<Delivery<unknown>, 'attempt'>,
  { maxAttempts }: Pick<IngestPorts, 'maxAttempts'>,
): boolean {
  return attempt >= maxAttempts;
}

/** Whether the message of this work is delivered again because of its failure. */
export function isRetried(work: EventWork, ports: Pick<IngestPorts, 'maxAttempts'>): boolean {
  const outcome = outcomeOf(work);
  return outcome instanceof Failure && outcome.isTransient && !isLastAttempt(work.delivery, ports);
}
