import { GatheredCrops } from '../../shared/crops/gathered-crops.ts';
import { packLimits } from '../../shared/crops/split-into-packs.ts';
import { Failure, failureReasons } from '../../shared/failures/failure.ts';
import { untilAborted } from '../../shared/flow/until-aborted.ts';
import { cropBytes, maxCropsPerImage } from '../../shared/models/crops-of-image.ts';
import { cropUpload } from './crop-upload.ts';
import { type EventWork, isLastAttempt } from './event-work.ts';
import type { IngestPorts } from './ports.ts';
import { lateFailure, type TimeLimits } from './time-limits.ts';

/** Crops that are ready wait this long at most for others to share a pack with. */
const maxCropsWaitMs = 2000;

/**
 * Crops every upload and sends the crops in packs, without waiting for images that take long. Images of messages that were
 * delivered before are suspects: they come last, each is decoded apart from the others, and its crops are sent at once.
 *
 * @param recorded settles when the rows of last attempts are stored: these images are not touched before
 */
export async function cropAndSend(
  works: readonly EventWork[],
  ports: IngestPorts,
  limits: TimeLimits,
  recorded: Promise<unknown>,
): Promise<void> {
  const gathered = new GatheredCrops((messages) => ports.trace('send', () => ports.crops.send(messages)), {
    maxWaitMs: maxCropsWaitMs,
    limits: packLimits,
  });
  const open = works.filter(({ outcome }) => outcome === 'open');
  let left = open.length;
  const sends: Promise<void>[] = [];

  const cropOne = async (work: EventWork): Promise<void> => {
    const isSuspect = work.delivery.attempt > 1;
    if (isLastAttempt(work.delivery, ports)) await endOrAbort(recorded, limits.crops);
    const { event, result } = await cropUpload(work.event, ports, { isSuspect, signal: limits.crops });
    left -= 1;
    work.event = event;
    if (result instanceof Failure) {
      work.outcome = result;
      if (left === 0) gathered.flush();
      return;
    }
    const sent = setSendOutcome(work, gathered.add(result), limits.send);
    sends.push(sent);
    if (isSuspect || left === 0) gathered.flush();
    // The last one keeps its turn until it is sent, so that senders that wait for a full queue hold back those that read.
    await endOrAbort(left === 0 ? sent : gathered.room(), limits.crops);
  };

  // Crops are in memory until they are sent: those of many regions take more than the image.
  const { crop } = ports.model.rule;
  const bytes = cropBytes({ count: maxCropsPerImage(ports.model.rule), height: crop.height, width: crop.width });
  const inOrder = open.toSorted((one, other) => one.delivery.attempt - other.delivery.attempt);
  await Promise.all(inOrder.map((work) => ports.pool.inTurn(() => ports.pool.holdCrops(bytes, () => cropOne(work)))));
  await Promise.all(sends);
}

async function setSendOutcome(
  work: EventWork,
  sending: Promise<Failure | undefined>,
  limit: AbortSignal | undefined,
): Promise<void> {
  const refusal = await untilAborted(sending, limit, lateFailure).catch(Failure.from);
  work.outcome = refusal === undefined ? 'sent' : sendFailure(refusal);
}

/** Access that is denied to the queue or to packed crops says nothing about the image, which was read: it is retried. */
function sendFailure(failure: Failure): Failure {
  const { reason, message, cause } = failure;
  if (failureReasons[reason].fault !== 'access') return failure;
  return new Failure('unavailable', `the crops could not be sent: ${message}`, { cause });
}

/** Waits until a promise is settled or the signal is aborted. */
async function endOrAbort(promise: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  await untilAborted(promise, signal, lateFailure).catch(() => {});
}
