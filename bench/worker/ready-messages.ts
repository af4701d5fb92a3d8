import { cropEnvelopeCodec } from '../../shared/crops/crop-envelope.ts';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import { MemoryQueue } from '../../shared/stores/local/memory-queue.ts';
import type { Queue } from '../../shared/stores/ports.ts';

/** A message with one gray crop for a model. */
export function cropMessage({ manifest, preprocess }: Model): CropMessage {
  const { crop, scale, mean } = manifest.preprocess;
  const { height, width } = crop;
  return {
    image: { bucket: 'drop', key: 'photos/a.jpg', etag: 'e' },
    job: 'photos',
    width: 500,
    height: 375,
    format: 'jpeg',
    bytes: 110_000,
    preprocess,
    eventTime: new Date(),
    ingestedAt: new Date(),
    tensor: { count: 1, height, width, scale, zeroPoint: mean, pixels: new Uint8Array(height * width * 3).fill(128) },
  };
}

/** A queue with copies of a message text, which is decoded when it is received, as with SQS. */
export async function textQueue(text: string, messages: number): Promise<Queue<CropMessage>> {
  const texts = new MemoryQueue<string>({ visibilitySeconds: 600, maxAttempts: 3 });
  await texts.send(Array.from({ length: messages }, () => text));
  return {
    maxAttempts: 3,
    visibilitySeconds: 600,
    send: () => Promise.reject(new Error('this queue is read-only')),
    receive: async (options) =>
      (await texts.receive(options)).map((delivery) => ({ ...delivery, body: decoded(String(delivery.body)) })),
    acknowledge: (receipts) => texts.acknowledge(receipts),
    setVisibility: (receipts, seconds) => texts.setVisibility(receipts, seconds),
    depth: () => texts.depth(),
  };
}

function decoded(text: string): CropMessage {
  const { tensor, regions: _, ...rest } = cropEnvelopeCodec.decode(text);
  if (!('pixels' in tensor)) throw new Error('the message has no pixels');
  return { ...rest, tensor };
}
