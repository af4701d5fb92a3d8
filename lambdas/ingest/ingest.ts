import pMap from 'p-map';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { Failure } from '../../shared/failure.ts';
import { isClutter } from '../../shared/keys.ts';
import type { Delivery } from '../../shared/ports.ts';
import type { RejectedRow } from '../../shared/results/row.ts';
import type { UploadEvent } from '../../shared/upload-event.ts';
import { makeCrops } from './make-crops.ts';
import type { IngestPorts } from './ports.ts';
import { rejectedRow } from './rejected-row.ts';

/** What became of one message: done, to be acknowledged; or failed, to be given back to the queue. */
export interface Ingested {
  readonly receipt: string;
  readonly failure?: Failure;
}

/** One upload and what became of it; a crop stays here only until it is sent. */
interface Work {
  readonly delivery: Delivery<readonly UploadEvent[]>;
  readonly event: UploadEvent;
  outcome: CropMessage | Failure | 'ignored';
}

/**
 * Turns uploaded images into crops on their way to the classifier. Every image ends as a crop that was sent or as a
 * stored row that says why not; every message as exactly one outcome, in the order given. Deletions are no work here.
 *
 * @param deliveries each with the events of one message; a message fails when one of its images may succeed later
 */
export async function ingest(
  deliveries: readonly Delivery<readonly UploadEvent[]>[],
  ports: IngestPorts,
): Promise<Ingested[]> {
  const uploads = deliveries.flatMap((delivery) =>
    delivery.body instanceof Failure ? [] : delivery.body.map((event) => ({ delivery, event })),
  );
  const works: Work[] = await pMap(
    uploads,
    async ({ delivery, event }) => ({ delivery, ...(await cropOf(event, ports)) }),
    { concurrency: ports.concurrency },
  );
  await send(works, ports);
  const failures = new Map([...passingFailures(works), ...(await reject(works, ports))]);
  return deliveries.map(({ receipt, body }) => {
    const failure = body instanceof Failure ? body : failures.get(receipt);
    return failure ? { receipt, failure } : { receipt };
  });
}

/**
 * Reads one upload and makes its crop. Once read, the upload is that of the bytes there were, which may be newer than
 * the event: a later event of the same key then repeats the same work and changes nothing.
 */
async function cropOf(event: UploadEvent, ports: IngestPorts): Promise<Pick<Work, 'event' | 'outcome'>> {
  if (event.kind === 'deleted' || isClutter(event.key, event.size)) return { event, outcome: 'ignored' };
  const object = await ports.objects.read(event, ports.limits).catch(Failure.from);
  if (object instanceof Failure) return { event, outcome: object };
  const { bytes, etag, versionId } = object;
  const read = { ...event, etag, versionId, size: bytes.byteLength };
  return { event: read, outcome: await makeCrops(read, bytes, ports).catch(Failure.from) };
}

/** Sends the crops that were made; one that the queue refuses becomes a failure in its place. */
async function send(works: readonly Work[], { crops }: IngestPorts): Promise<void> {
  const made: { work: Work; crop: CropMessage }[] = [];
  for (const work of works) {
    const { outcome } = work;
    if (outcome !== 'ignored' && !(outcome instanceof Failure)) made.push({ work, crop: outcome });
  }
  const refused = await crops.send(made.map(({ crop }) => crop)).catch((error: unknown) => {
    const failure = Failure.from(error);
    return made.map((_, index) => ({ index, failure }));
  });
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
 * Stores a row for every image that failed for good, or for the last time.
 * @returns where that fails, the failure for every message with such an image
 */
async function reject(works: readonly Work[], ports: IngestPorts): Promise<Map<string, Failure>> {
  const rows = new Map<RejectedRow, string>();
  for (const { delivery, event, outcome } of works) {
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
