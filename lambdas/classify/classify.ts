import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { Failure } from '../../shared/failures/failure.ts';
import type { ImageVersion } from '../../shared/images/image.ts';
import type { Scores } from '../../shared/inference/batch.ts';
import { scoreCrops } from '../../shared/inference/score-crops.ts';
import { SessionLost } from '../../shared/inference/session-lost.ts';
import { topK } from '../../shared/inference/top-k.ts';
import type { ClassifiedRow, ResultRow } from '../../shared/rows/row.ts';
import type { Delivery } from '../../shared/stores/ports.ts';
import { checkCrop } from './check-crop.ts';
import { checkSession } from './check-session.ts';
import type { ClassifyPorts } from './ports.ts';
import { originOf, rejectedRow } from './rows.ts';

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

/**
 * Runs the network. If it fails on several images, each half is run again, down to the image that causes the failure. An
 * image is blamed only after the session has passed the reference check.
 */
async function score(crops: readonly CropMessage[], ports: ClassifyPorts): Promise<(ClassifiedRow | Failure)[]> {
  if (crops.length === 0) return [];
  const scored = await scoreCrops(
    crops.map(({ tensor }) => tensor),
    ports,
  ).then(
    (scores) => rows(crops, scores, ports),
    (error: unknown) => {
      if (error instanceof SessionLost) throw error;
      return Failure.from(error);
    },
  );
  if (!(scored instanceof Failure)) {
    if (scored.some((row) => row instanceof Failure)) await checkSession(ports);
    return scored;
  }
  if (crops.length === 1) {
    await checkSession(ports);
    return [scored];
  }
  const half = crops.length >> 1;
  return [...(await score(crops.slice(0, half), ports)), ...(await score(crops.slice(half), ports))];
}

function rows(
  crops: readonly CropMessage[],
  { probabilities, embeddings }: Scores,
  { model, session, now }: ClassifyPorts,
): (ClassifiedRow | Failure)[] {
  const { labels, outputs } = model.manifest;
  const classifiedAt = now();
  return crops.map((crop, row) => {
    const scores = probabilities.subarray(row * labels.length, (row + 1) * labels.length);
    const top = topK(scores, labels, 5);
    const [best] = top;
    if (best === undefined || !Number.isFinite(best.probability)) {
      return new Failure('internal', 'the network gave no finite probability for this crop');
    }
    return {
      ...originOf(crop, model),
      status: 'classified',
      reason: null,
      detail: null,
      label: best.label,
      label_id: best.label_id,
      probability: best.probability,
      top,
      embedding: embeddings.subarray(row * outputs.embeddingSize, (row + 1) * outputs.embeddingSize),
      width: crop.width,
      height: crop.height,
      format: crop.format,
      provider: session.provider,
      classified_at: classifiedAt,
    };
  });
}
