import pMap from 'p-map';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { packLimits } from '../../shared/crops/split-into-packs.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure, failureReasons } from '../../shared/failures/failure.ts';
import type { DeletedRow, RejectedRow } from '../../shared/rows/row.ts';
import type { Delivery } from '../../shared/stores/ports.ts';
import type { IngestPorts } from './ports.ts';
import { deletedRow, rejectedRow } from './rows.ts';
import { type SkipReason, skipEvents } from './skip-events.ts';

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
  readonly outcome: 'sent' | 'deleted' | SkipReason | Failure;
  /** Whether the message is delivered again because of this failure. */
  readonly willRetry: boolean;
}

/** One event in progress; its outcome is `open` until it is known. */
interface EventWork {
  readonly delivery: Delivery<readonly UploadEvent[]>;
  event: UploadEvent;
  outcome: EventOutcome['outcome'] | 'open';
}

/** Crops to send, and the event that they belong to. */
interface CropsToSend {
  readonly work: EventWork;
  readonly message: CropMessage;
}

/**
 * Sends the crops of uploaded images to the classifier. Each image ends as crops that were sent or as a stored row with
 * the reason why not; each deletion ends as a row that marks the rows before it as deleted.
 *
 * @param deliveries each with the events of one message; a message fails if a retry of one of its images could succeed
 * @returns one outcome per message, in order
 */
export async function ingest(
  deliveries: readonly Delivery<readonly UploadEvent[]>[],
  ports: IngestPorts,
): Promise<IngestOutcome[]> {
  const works = startWork(deliveries, ports);
  await ports.trace('crops', () => cropAndSend(works, ports));
  const unstored = await ports.trace('store', () => storeRows(works, ports));
  const failures = new Map([...transientFailures(works), ...unstored]);
  const byDelivery = Map.groupBy(works, ({ delivery }) => delivery);
  return deliveries.map((delivery) => {
    const { receipt, body } = delivery;
    const failure = body instanceof Failure ? body : failures.get(receipt);
    const events = (byDelivery.get(delivery) ?? []).map((work) => eventOutcome(work, ports));
    return failure ? { receipt, failure, events } : { receipt, events };
  });
}

function startWork(deliveries: readonly Delivery<readonly UploadEvent[]>[], ports: IngestPorts): EventWork[] {
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

/** Crops every upload. Crops are large, so they are sent as soon as they fill a pack. */
async function cropAndSend(works: readonly EventWork[], ports: IngestPorts): Promise<void> {
  let ready: CropsToSend[] = [];
  let bytes = 0;
  await pMap(
    works.filter(({ outcome }) => outcome === 'open'),
    async (work) => {
      const message = await readAndCrop(work, ports);
      if (message === undefined) return;
      ready.push({ work, message });
      bytes += message.tensor.pixels.byteLength;
      if (bytes < packLimits.bytes && ready.length < packLimits.images) return;
      const full = ready;
      [ready, bytes] = [[], 0];
      await send(full, ports);
    },
    { concurrency: ports.pool.concurrency },
  );
  await send(ready, ports);
}

/**
 * Reads and crops one upload; a failure becomes its outcome. The object may be newer than the event, so the event takes
 * the etag, version and size of the bytes that were read: a later event of the same key then gives the same result.
 */
async function readAndCrop(work: EventWork, ports: IngestPorts): Promise<CropMessage | undefined> {
  const { objects, limits, model, pool, cropper } = ports;
  const { event } = work;
  return pool.holdFile(event.size ?? limits.maxBytes, async () => {
    const object = await objects.read(event, limits).catch(Failure.from);
    if (object instanceof Failure) {
      work.outcome = object;
      return undefined;
    }
    const { bytes, etag, versionId } = object;
    work.event = { ...event, etag, versionId, size: bytes.byteLength };
    const crops = await cropper.crop(bytes).catch(Failure.from);
    if (crops instanceof Failure) {
      work.outcome = crops;
      return undefined;
    }
    const { bucket, key, job, sequencer, eventTime } = event;
    return {
      ...crops,
      image: { bucket, key, etag, versionId },
      job,
      bytes: bytes.byteLength,
      preprocess: model.preprocess,
      sequencer,
      eventTime,
      ingestedAt: ports.now(),
    };
  });
}

/** Sends crops; a failure to send becomes the outcome of their event. */
async function send(ready: readonly CropsToSend[], { crops, trace }: IngestPorts): Promise<void> {
  if (ready.length === 0) return;
  const messages = ready.map(({ message }) => message);
  const refused = await trace('send', () => crops.send(messages)).catch((error: unknown) => {
    const failure = Failure.from(error);
    return ready.map((_, index) => ({ index, failure }));
  });
  for (const { work } of ready) work.outcome = 'sent';
  for (const { index, failure } of refused) {
    const entry = ready[index];
    if (entry) entry.work.outcome = sendFailure(failure);
  }
}

/** Access that is denied to the queue or to packed crops says nothing about the image, which was read: it is retried. */
function sendFailure(failure: Failure): Failure {
  const { reason, message, cause } = failure;
  if (failureReasons[reason].fault !== 'access') return failure;
  return new Failure('unavailable', `the crops could not be sent: ${message}`, { cause });
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

/**
 * Stores a row for every deletion and for every image that failed and is not retried.
 * @returns if storing fails, that failure by the receipt of every message with such an event
 */
async function storeRows(works: readonly EventWork[], ports: IngestPorts): Promise<Map<string, Failure>> {
  const rows = new Map<RejectedRow | DeletedRow, string>();
  for (const work of works) {
    const { delivery, event } = work;
    const outcome = outcomeOf(work);
    if (outcome === 'deleted') rows.set(deletedRow(event, ports), delivery.receipt);
    if (!(outcome instanceof Failure)) continue;
    if (isRetried(outcome, delivery, ports)) continue;
    rows.set(rejectedRow(event, outcome, ports), delivery.receipt);
  }
  if (rows.size === 0) return new Map();
  try {
    await ports.results.append([...rows.keys()]);
    return new Map();
  } catch (error) {
    const failure = Failure.from(error);
    return new Map(Array.from(rows.values(), (receipt) => [receipt, failure]));
  }
}

function isRetried(failure: Failure, { attempt }: Delivery<unknown>, { maxAttempts }: IngestPorts): boolean {
  return failure.isTransient && attempt < maxAttempts;
}

function eventOutcome(work: EventWork, ports: IngestPorts): EventOutcome {
  const outcome = outcomeOf(work);
  const willRetry = outcome instanceof Failure && isRetried(outcome, work.delivery, ports);
  return { event: work.event, outcome, willRetry };
}

function outcomeOf({ outcome }: EventWork): EventOutcome['outcome'] {
  return outcome === 'open' ? new Failure('internal', 'ingest gave no outcome for this event') : outcome;
}
