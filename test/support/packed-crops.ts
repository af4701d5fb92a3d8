import type { CropEnvelope } from '../../shared/crops/crop-envelope.ts';
import { type CropMessage, chunksOf } from '../../shared/crops/crop-message.ts';
import { packedEnvelope } from '../../shared/crops/packed-envelope.ts';
import { writePack } from '../../shared/crops/write-pack.ts';
import { Failure } from '../../shared/failures/failure.ts';
import type { Delivery, ObjectAddress, ObjectStore, Queue } from '../../shared/stores/ports.ts';
import { cropOf } from './crops.ts';

/** Crops of an image whose pixels differ from those of other images and from their own at other offsets. */
export function cropsNamed(key: string, { count = 1, size = 32 } = {}): CropMessage {
  const message = cropOf({ key, size });
  const name = Buffer.from(key);
  const pixels = new Uint8Array(count * size * size * 3);
  for (let index = 0; index < pixels.length; index += 1) {
    pixels[index] = ((name[index % name.length] ?? 0) + index) % 251;
  }
  return { ...message, tensor: { ...message.tensor, count, pixels } };
}

/** Writes all pixels of messages into one object. @returns the messages with pointers instead of pixels */
export async function packTogether(
  messages: readonly CropMessage[],
  objects: Pick<ObjectStore, 'write'>,
  address: ObjectAddress,
): Promise<CropEnvelope[]> {
  const slices = await writePack(messages.flatMap(chunksOf), objects, address);
  return messages.map((message) => packedEnvelope(message, slices.splice(0, chunksOf(message).length)));
}

/** A queue of crops as a queue of text: the keys of images, whose pixels are checked when they are received. */
export function asTexts(queue: Queue<CropMessage>): Queue<string> {
  return {
    maxAttempts: queue.maxAttempts,
    visibilitySeconds: queue.visibilitySeconds,
    send: (texts) => queue.send(texts.map((text) => cropsNamed(text, { size: 8 }))),
    receive: async (options) =>
      (await queue.receive(options)).map((delivery) => ({ ...delivery, body: textOf(delivery) })),
    acknowledge: (receipts) => queue.acknowledge(receipts),
    setVisibility: (receipts, seconds) => queue.setVisibility(receipts, seconds),
    depth: () => queue.depth(),
  };
}

function textOf({ body }: Delivery<CropMessage>): string | Failure {
  if (body instanceof Failure) return body;
  if (body.fault) return body.fault;
  const { key } = body.image;
  const sent = cropsNamed(key, { size: 8 }).tensor.pixels;
  return Buffer.compare(body.tensor.pixels, sent) === 0
    ? key
    : new Failure('internal', `the pixels of ${key} are different`);
}

/** The same store, with a record of its reads and writes. */
export function recording(store: ObjectStore) {
  const reads: { key: string; offset: number; length: number }[] = [];
  const writes: { key: string; bytes: number }[] = [];
  const objects: Pick<ObjectStore, 'write' | 'readRange'> = {
    write: (address, bytes) => {
      writes.push({ key: address.key, bytes: bytes.byteLength });
      return store.write(address, bytes);
    },
    readRange: (address, range) => {
      reads.push({ key: address.key, ...range });
      return store.readRange(address, range);
    },
  };
  return { objects, reads, writes };
}
