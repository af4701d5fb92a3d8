import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import type { Delivery } from '../../shared/stores/ports.ts';
import { cropAndSend } from './crop-and-send.ts';
import { type EventWork, isRetried, type Outcome, outcomeOf, startWork } from './event-work.ts';
import type { IngestPorts } from './ports.ts';
import { recordFinalAttempts, storeRows } from './store-rows.ts';
import type { TimeLimits } from './time-limits.ts';

/** Outcome of one message: without a failure it is acknowledged, with one it goes back to the queue. */
export interface IngestOutcome {
  readonly receipt: string;
  readonly failure?: Failure;
  readonly events: readonly EventOutcome[];
}

/** Outcome of one event of a message. */
export interface EventOutcome {
  /** With the etag, version and size of the object that was read, if it was. */
  readonly event: UploadEvent;
  readonly outcome: Outcome;
  /** Whether the message is delivered again because of this failure. */
  readonly willRetry: boolean;
}

export interface IngestOptions {
  /** @default unlimited */
  readonly limits?: TimeLimits | undefined;
  /** Whether something may end the process, so that last attempts are recorded before they begin. @default false */
  readonly recordFinalAttempts?: boolean;
}

/**
 * Sends the crops of uploaded images to the classifier. Each image ends as crops that were sent or as a stored row with
 * the reason why not; each deletion ends as a row that marks the rows before it as deleted. No image waits for another one
 * that takes long: crops are sent as they become ready, and what is not finished at the limits goes back to the queue.
 *
 * @param deliveries each with the events of one message; a message fails if a retry of one of its images could succeed
 * @returns one outcome per message, in order
 */
export async function ingest(
  deliveries: readonly Delivery<readonly UploadEvent[]>[],
  ports: IngestPorts,
  { limits = {}, recordFinalAttempts: isEndable = false }: IngestOptions = {},
): Promise<IngestOutcome[]> {
  const works = startWork(deliveries, ports);
  const recorded = isEndable ? recordFinalAttempts(works, ports, limits) : Promise.resolve();
  await ports.trace('crops', () => cropAndSend(works, ports, limits, recorded));
  await recorded;
  const unstored = await ports.trace('store', () => storeRows(works, ports, limits));
  const failures = new Map([...transientFailures(works), ...unstored]);
  const byDelivery = Map.groupBy(works, ({ delivery }) => delivery);
  return deliveries.map((delivery) => {
    const { receipt, body } = delivery;
    const failure = body instanceof Failure ? body : failures.get(receipt);
    const events = (byDelivery.get(delivery) ?? []).map((work) => eventOutcome(work, ports));
    return failure ? { receipt, failure, events } : { receipt, events };
  });
}

/** Transient failures of images, by the receipt of their message. */
function transientFailures(works: readonly EventWork[]): Map<string, Failure> {
  const failures = new Map<string, Failure>();
  for (const work of works) {
    const outcome = outcomeOf(work);
    if (outcome instanceof Failure && outcome.isTransient) failures.set(work.delivery.receipt, outcome);
  }
  return failures;
}

function eventOutcome(work: EventWork, ports: IngestPorts): EventOutcome {
  return { event: work.event, outcome: outcomeOf(work), willRetry: isRetried(work, ports) };
}
