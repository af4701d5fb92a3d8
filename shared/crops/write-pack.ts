import { Failure } from '../failures/failure.ts';
import type { ObjectAddress, ObjectStore } from '../stores/ports.ts';
import type { CropEnvelope } from './crop-envelope.ts';
import type { CropMessage } from './crop-message.ts';

/**
 * Writes the pixels of several messages into one object.
 * @returns the messages, in order, each with a pointer instead of its pixels
 * @throws {Failure} always transient: the location is at fault, not the images
 */
export async function writePack(
  messages: readonly CropMessage[],
  objects: Pick<ObjectStore, 'write'>,
  { bucket, key }: ObjectAddress,
): Promise<CropEnvelope[]> {
  await objects.write({ bucket, key }, joinPixels(messages)).catch((error: unknown) => {
    const failure = Failure.from(error);
    const message = `the packed crops ${bucket}/${key} cannot be written: ${failure.message}`;
    throw new Failure(failure.isTransient ? failure.reason : 'unavailable', message, { cause: error });
  });
  let offset = 0;
  return messages.map(({ tensor: { pixels, ...type }, ...rest }) => {
    const slice = { bucket, key, offset, length: pixels.byteLength };
    offset += pixels.byteLength;
    return { ...rest, tensor: { ...type, slice } };
  });
}

function joinPixels(messages: readonly CropMessage[]): Uint8Array {
  const [only, ...others] = messages.map(({ tensor }) => tensor.pixels);
  return only !== undefined && others.length === 0 ? only : Buffer.concat(only ? [only, ...others] : []);
}
