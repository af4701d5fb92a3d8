import pMap from 'p-map';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { Failure } from '../../shared/failure.ts';
import type { Delivery } from '../../shared/ports.ts';
import type { DeletedRow, RejectedRow } from '../../shared/results/row.ts';
import type { UploadEvent } from '../../shared/upload-event.ts';
import { makeCrops } from './make-crops.ts';
import type { IngestPorts } from './ports.ts';
import { deletedRow, rejectedRow } from './rows.ts';
import { type Skipped, settleEvents } from './settle-events.ts';

/** What became of one message: done, to be acknowledged; or failed, to be given back to the queue. */
export interface Ingested {
  readonly receipt: string;
  readonly failure?: Failure;
  readonly events: readonly SettledEvent[];
}

/** What became of one event of a message. */
export interface SettledEvent {
  /** Etag, version and size are those of what was read, where it was. */
  readonly event: UploadEvent;
  readonly outcome: 'sent' | 'deleted' | Skipped | Failure;
}

/** One event and what became of it; crops stay here only until they are sent. */
interface Work {
  readonly delivery: Delivery<readonly UploadEvent[]>;
  event: UploadEvent;
  outcome: SettledEvent['outcome'] | CropMessage;
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
): Promise<Ingested[]> {
  const works = settled(deliveries, ports);
  await ports.trace('crops', () => makeAll(works, ports));
  await ports.trace('send', () => send(works, ports));
  const unstored = await ports.trace('store', () => store(works, ports));
  const failures = new Map([...passingFailures(works), ...unstored]);
  const byDelivery = Map.groupBy(works, ({ delivery }) => delivery);
  return deliveries.map((delivery) => {
    const { receipt, body } = delivery;
    const failure = body instanceof Failure ? body : failures.get(receipt);
    const events = (byDelivery.get(delivery) ?? []).map(({ event, outcome }) => ({ event, outcome: told(outcome) }));
    return failure ? { receipt, failure, events } : { receipt, events };
  });
}

function settled(deliveries: readonly Delivery<readonly UploadEvent[]>[], { own }: IngestPorts): Work[] {
  const uploads = deliveries.flatMap((delivery) =>
    delivery.body instanceof Failure ? [] : delivery.body.map((event) => ({ delivery, event })),
  );
  const skipped = settleEvents(
    uploads.map(({ event }) => event),
    own,
  );
  return uploads.map(({ delivery, event }, index) => ({
    delivery,
    event,
    outcome: skipped[index] ?? (event.kind === 'deleted' ? 'deleted' : 'sent'),
  }));
}

async function makeAll(works: readonly Work[], ports: IngestPorts): Promise<void> {
  await pMap(
    works.filter(({ outcome }) => outcome === 'sent'),
    async (work) => {
      Object.assign(work, await cropsOf(work.event, ports));
    },
    { concurrency: ports.load.images },
  );
}

/**
 * Reads one upload and makes its crops. Once read, the upload is that of the bytes there were, which may be newer than
 * the event: a later event of the same key then repeats the same work and changes nothing.
 */
async function cropsOf(event: UploadEvent, ports: IngestPorts): Promise<Pick<Work, 'event' | 'outcome'>> {
  const { objects, limits, load } = ports;
  return load.hold(event.size ?? limits.maxBytes, async () => {
    const object = await objects.read(event, limits).catch(Failure.from);
    if (object instanceof Failure) return { event, outcome: object };
    const { bytes, etag, versionId } = object;
    const read = { ...event, etag, versionId, size: bytes.byteLength };
    const outcome = await load.decode(() => makeCrops(read, bytes, ports)).catch(Failure.from);
    return { event: read, outcome };
  });
}

/** Sends the crops that were made; those that the queue refuses become a failure in their place. */
async function send(works: readonly Work[], { crops }: IngestPorts): Promise<void> {
  const made: { work: Work; message: CropMessage }[] = [];
  for (const work of works) {
    const { outcome } = work;
    if (isMessage(outcome)) made.push({ work, message: outcome });
  }
  if (made.length === 0) return;
  const refused = await crops.send(made.map(({ message }) => message)).catch((error: unknown) => {
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
  for (const { delivery, outcome } of works) {
    if (outcome instanceof Failure && outcome.retryable) failures.set(delivery.receipt, outcome);
  }
  return failures;
}

/**
 * Stores a row for every image that failed for good, or for the last time, and for every deletion.
 * @returns where that fails, the failure for every message with such an event
 */
async function store(works: readonly Work[], ports: IngestPorts): Promise<Map<string, Failure>> {
  const rows = new Map<RejectedRow | DeletedRow, string>();
  for (const { delivery, event, outcome } of works) {
    if (outcome === 'deleted') rows.set(deletedRow(event, ports), delivery.receipt);
    if (!(outcome instanceof Failure)) continue;
    if (outcome.retryable && delivery.attempt < ports.maxAttempts) continue;
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

function isMessage(outcome: Work['outcome']): outcome is CropMessage {
  return typeof outcome === 'object' && !(outcome instanceof Failure);
}

function told(outcome: Work['outcome']): SettledEvent['outcome'] {
  return isMessage(outcome) ? 'sent' : outcome;
}
