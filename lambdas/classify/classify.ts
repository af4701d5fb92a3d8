import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { Failure } from '../../shared/failures/failure.ts';
import type { CropTensorLayout } from '../../shared/images/crop-tensor.ts';
import type { ImageVersion } from '../../shared/images/image.ts';
import { cropBytes } from '../../shared/models/crops-of-image.ts';
import type { ClassifiedRow, ResultRow } from '../../shared/rows/row.ts';
import type { Delivery } from '../../shared/stores/ports.ts';
import { checkCrop } from './check-crop.ts';
import { classifiedRow } from './classified-row.ts';
import type { ClassifyPorts } from './ports.ts';
import { rejectedRow } from './rows.ts';
import { scoreUnits, type Unit } from './score-units.ts';

/**
 * Outcome of one delivery. A row is stored and the message acknowledged; a failure returns the message to the queue. With
 * both, the row is stored and the message returned: it was the last attempt, so it becomes a dead letter.
 */
export interface ClassifyOutcome {
  readonly receipt: string;
  /** Undefined if the message could not be read. */
  readonly image?: ImageVersion;
  readonly row?: ResultRow;
  readonly failure?: Failure;
}

/**
 * Classifies the images of one batch. A crop that does not fit the model, or on which the network fails, does not affect the
 * other images.
 * @returns one outcome per delivery, in order
 * @throws {SessionLost} when the session is broken
 */
export async function classify(
  deliveries: readonly Delivery<CropMessage>[],
  ports: ClassifyPorts,
): Promise<ClassifyOutcome[]> {
  const outcomes = new Map<string, ClassifyOutcome>();
  const valid: { delivery: Delivery<CropMessage>; crop: CropMessage }[] = [];
  for (const delivery of deliveries) {
    const { receipt, body } = delivery;
    if (body instanceof Failure) {
      // The image is unknown, so there is no row to write: the message ends as a dead letter.
      outcomes.set(receipt, { receipt, failure: body });
      continue;
    }
    const mismatch = checkCrop(body, ports.model);
    const { image } = body;
    if (mismatch?.isTransient) outcomes.set(receipt, outcomeOf(delivery, body, mismatch, ports));
    else if (mismatch) outcomes.set(receipt, { receipt, image, row: rejectedRow(body, mismatch, ports.model) });
    else valid.push({ delivery, crop: body });
  }
  const scored = await score(
    valid.map(({ crop }) => crop),
    ports,
  );
  for (const [index, { delivery, crop }] of valid.entries()) {
    outcomes.set(delivery.receipt, outcomeOf(delivery, crop, scored[index], ports));
  }
  return deliveries.map(({ receipt }) => outcomes.get(receipt) ?? missingOutcome(receipt));
}

function outcomeOf(
  { receipt, attempt }: Delivery<CropMessage>,
  crop: CropMessage,
  scored: ClassifiedRow | Failure | undefined,
  ports: ClassifyPorts,
): ClassifyOutcome {
  if (scored === undefined) return missingOutcome(receipt);
  const { image } = crop;
  if (!(scored instanceof Failure)) return { receipt, image, row: scored };
  if (attempt < ports.maxAttempts) return { receipt, image, failure: scored };
  return { receipt, image, failure: scored, row: rejectedRow(crop, scored, ports.model) };
}

function missingOutcome(receipt: string): ClassifyOutcome {
  return { receipt, failure: new Failure('internal', 'the batch gave no outcome for this crop') };
}

/** Runs the network on the whole images and their regions, which share batches. */
async function score(crops: readonly CropMessage[], ports: ClassifyPorts): Promise<(ClassifiedRow | Failure)[]> {
  const units = crops.map(({ tensor, regions }) => [tensor, ...regionUnits(regions?.pixels ?? [], tensor)]);
  const scored = await scoreUnits(units.flat(), ports);
  const classifiedAt = ports.now();
  let next = 0;
  return crops.map((crop, index) => {
    const count = units[index]?.length ?? 0;
    const [whole = new Failure('internal', 'the batch gave no scores for this crop'), ...regions] = scored.slice(
      next,
      next + count,
    );
    next += count;
    return whole instanceof Failure ? whole : classifiedRow(crop, { whole, regions }, { ...ports, classifiedAt });
  });
}

/** Each crop of a region alone. @param layout of the whole image's crops, which are as large */
function regionUnits(chunks: readonly Uint8Array[], layout: CropTensorLayout): Unit[] {
  const bytes = cropBytes({ ...layout, count: 1 });
  return chunks.flatMap((chunk) =>
    Array.from({ length: chunk.byteLength / bytes }, (_, crop) => ({
      count: 1,
      pixels: chunk.subarray(crop * bytes, (crop + 1) * bytes),
    })),
  );
}
