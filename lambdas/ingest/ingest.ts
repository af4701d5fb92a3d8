import pMap from 'p-map';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { packLimits } from '../../shared/crops/split-into-packs.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import type { DeletedRow, RejectedRow } from '../../shared/rows/row.ts';
import type { Delivery } from '../../shared/stores/ports.ts';
import type { IngestPorts } from './ports.ts';
import { deletedRow, rejectedRow } from './rows.ts';
import { type SkipReason, skipEvents } from './skip-events.ts';

/** What became of one message: done, to be acknowledged; or failed, to be given back to the queue. */
export interface IngestOutcome {
  readonly receipt: string;
  readonly failure?: Failure;
  readonly events: readonly EventOutcome[];
}

/** What became of one event of a message. */
export interface EventOutcome {
  /** Etag, version and size are those of what was read, where it was. */
  readonly event: UploadEvent;
  readonly outcome: 'sent' | 'deleted' | SkipReason | Failure;
  /** Whether a failure is not the last word: the message is delivered again. */
  readonly willRetry: boolean;
}

/** One event and what became of it, `open` until something has. */
interface Work {
  readonly delivery: Delivery<readonly UploadEvent[]>;
  event: UploadEvent;
  outcome: EventOutcome['outcome'] | 'open';
}

/** Crops on their way to the queue, and whose they are. */
interface MadeCrops {
  readonly work: Work;
  readonly message: CropMessage;
}

/**
 * Turns uploaded images into crops on their way to the classifier. Every image ends as crops that were sent or as a
 * stored row that says why not, every deletion as a row that marks those before it, every message as exactly one
 * outcome, in the order given.
 *
 * @param deliveries each with the events of one message; a message fails when one of its images may succeed later
 */
export async function ingest(
  deliveries: readonly Delivery<readonly UploadEvent[]>[],
  ports: IngestPorts,
): Promise<IngestOutcome[]> {
  const works = begun(deliveries, ports);
  await ports.trace('crops', () => cropAndSend(works, ports));
  const unstored = await ports.trace('store', () => store(works, ports));
  const failures = new Map([...passingFailures(works), ...unstored]);
  const byDelivery = Map.groupBy(works, ({ delivery }) => delivery);
  return deliveries.map((delivery) => {
    const { receipt, body } = delivery;
    const failure = body instanceof Failure ? body : failures.get(receipt);
    const events = (byDelivery.get(delivery) ?? []).map((work) => settledOf(work, ports));
    return failure ? { receipt, failure, events } : { receipt, events };
  });
}

function begun(deliveries: readonly Delivery<readonly UploadEvent[]>[], ports: IngestPorts): Work[] {
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

/** Makes the crops of every upload, and sends them on as soon as they fill an object: they are large. */
async function cropAndSend(works: readonly Work[], ports: IngestPorts): Promise<void> {
  let made: MadeCrops[] = [];
  let bytes = 0;
  await pMap(
    works.filter(({ outcome }) => outcome === 'open'),
    async (work) => {
      const message = await cropsOf(work, ports);
      if (message === undefined) return;
      made.push({ work, message });
      bytes += message.tensor.pixels.byteLength;
      if (bytes < packLimits.bytes && made.length < packLimits.images) return;
      const full = made;
      [made, bytes] = [[], 0];
      await send(full, ports);
    },
    { concurrency: ports.pool.concurrency },
  );
  await send(made, ports);
}

/**
 * Reads one upload and makes its crops; a fault becomes the outcome of its work. Once read, the upload is that of the
 * bytes there were, which may be newer than the event: a later event of the same key then repeats the same work and
 * changes nothing.
 */
async function cropsOf(work: Work, ports: IngestPorts): Promise<CropMessage | undefined> {
  const { objects, limits, model, pool } = ports;
  const { event } = work;
  return pool.holdFile(event.size ?? limits.maxBytes, async () => {
    const object = await objects.read(event, limits).catch(Failure.from);
    if (object instanceof Failure) {
      work.outcome = object;
      return undefined;
    }
    const { bytes, etag, versionId } = object;
    work.event = { ...event, etag, versionId, size: bytes.byteLength };
    const crops = await pool.decode(() => cropImage(bytes, model.rule, limits, pool.memory)).catch(Failure.from);
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

/** Sends crops; those that the queue refuses become a failure of their work. */
async function send(made: readonly MadeCrops[], { crops, trace }: IngestPorts): Promise<void> {
  if (made.length === 0) return;
  const messages = made.map(({ message }) => message);
  const refused = await trace('send', () => crops.send(messages)).catch((error: unknown) => {
    const failure = Failure.from(error);
    return made.map((_, index) => ({ index, failure }));
  });
  for (const { work } of made) work.outcome = 'sent';
  for (const { index, failure } of refused) {
    const entry = made[index];
    if (entry) entry.work.outcome = failure;
  }
}

/** Failures that may pass, by the message whose image they concern. */
function passingFailures(works: readonly Work[]): Map<string, Failure> {
  const failures = new Map<string, Failure>();
  for (const work of works) {
    const outcome = endOf(work);
    if (outcome instanceof Failure && outcome.isTransient) failures.set(work.delivery.receipt, outcome);
  }
  return failures;
}

/**
 * Stores a row for every image that failed for good, or for the last time, and for every deletion.
 * @returns where that fails, the failure for every message with such an event
 */
async function store(works: readonly Work[], ports: IngestPorts): Promise<Map<string, Failure>> {
  const rows = new Map<RejectedRow | DeletedRow, string>();
  for (const work of works) {
    const { delivery, event } = work;
    const outcome = endOf(work);
    if (outcome === 'deleted') rows.set(deletedRow(event, ports), delivery.receipt);
    if (!(outcome instanceof Failure)) continue;
    if (isTriedAgain(outcome, delivery, ports)) continue;
    rows.set(rejectedRow(event, outcome, ports), delivery.receipt);
  }
  try {
    await ports.results.append([...rows.keys()]);
    return new Map();
  } catch (error) {
    const failure = Failure.from(error);
    return new Map(Array.from(rows.values(), (receipt) => [receipt, failure]));
  }
}

function isTriedAgain(failure: Failure, { attempt }: Delivery<unknown>, { maxAttempts }: IngestPorts): boolean {
  return failure.isTransient && attempt < maxAttempts;
}

function settledOf(work: Work, ports: IngestPorts): EventOutcome {
  const outcome = endOf(work);
  const willRetry = outcome instanceof Failure && isTriedAgain(outcome, work.delivery, ports);
  return { event: work.event, outcome, willRetry };
}

function endOf({ outcome }: Work): EventOutcome['outcome'] {
  return outcome === 'open' ? new Failure('internal', 'ingest gave no outcome for this event') : outcome;
}
