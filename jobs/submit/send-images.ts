import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { retry } from '../../shared/flow/retry.ts';
import type { Queue } from '../../shared/stores/ports.ts';

/** Counts of a running submission. */
export interface Sent {
  submitted: number;
  refused: number;
  /** The first refused images. */
  readonly refusals: Refusal[];
}

export interface Refusal {
  readonly key: string;
  readonly reason: string;
}

/** Images of one call of the queue, which sends several requests at the same time; an interruption waits for one call. */
const imagesPerSend = 2_000;
/** Attempts to send refused images; the queue adapter retries each request as well. */
const attempts = 4;
const maxRefusals = 5;

export function emptySending(): Sent {
  return { submitted: 0, refused: 0, refusals: [] };
}

/**
 * Sends each image as a message. Refused images are sent again a few times, then counted.
 * @throws {Failure} when every image of one call is refused: the queue accepts no messages
 */
export async function sendImages(
  images: readonly UploadEvent[],
  queue: Pick<Queue<UploadEvent>, 'send'>,
  { stop, sent }: { readonly stop: AbortSignal; readonly sent: Sent },
): Promise<void> {
  for (let start = 0; start < images.length && !stop.aborted; start += imagesPerSend) {
    const batch = images.slice(start, start + imagesPerSend);
    const refused = await refusedOf(batch, queue, stop);
    sent.submitted += batch.length - refused.length;
    const [first] = refused;
    if (first !== undefined && refused.length === batch.length) throw queueFailure(first.failure, sent);
    sent.refused += refused.length;
    const room = Math.max(0, maxRefusals - sent.refusals.length);
    sent.refusals.push(
      ...refused.slice(0, room).map(({ image, failure }) => ({ key: image.key, reason: failure.message })),
    );
  }
}

interface RefusedImage {
  readonly image: UploadEvent;
  readonly failure: Failure;
}

async function refusedOf(
  images: readonly UploadEvent[],
  queue: Pick<Queue<UploadEvent>, 'send'>,
  signal: AbortSignal,
): Promise<RefusedImage[]> {
  let open = images;
  let refused: RefusedImage[] = [];
  const sendOpen = async () => {
    const entries = await queue.send(open);
    refused = entries.flatMap(({ index, failure }) => {
      const image = open[index];
      return image === undefined ? [] : [{ image, failure }];
    });
    open = refused.map(({ image }) => image);
    const transient = refused.find(({ failure }) => failure.isTransient);
    if (transient !== undefined) throw transient.failure;
  };
  await retry(sendOpen, { attempts, signal }).catch((error: unknown) => {
    if (refused.length === 0) throw error;
  });
  return refused;
}

function queueFailure({ reason, message, cause }: Failure, { submitted }: Sent): Failure {
  const before = submitted === 0 ? '' : ` after ${submitted.toLocaleString('en')} images`;
  return new Failure(reason, `no image could be sent${before}: ${message}; run the same command again to continue`, {
    cause,
  });
}
