import { Failure } from '../failures/failure.ts';
import type { ObjectAddress, ObjectStore } from '../stores/ports.ts';
import type { CropEnvelope } from './crop-envelope.ts';
import type { CropMessage } from './crop-message.ts';

/**
 * Writes the pixels of several messages as one object, one after the other.
 * @returns the messages with a pointer each instead of their pixels, in order
 * @throws {Failure} a passing one, whatever was wrong: it is the place's fault and none of the images'
 */
export async function writePack(
  messages: readonly CropMessage[],
  objects: Pick<ObjectStore, 'write'>,
  { bucket, key }: ObjectAddress,
): Promise<CropEnvelope[]> {
  await objects.write({ bucket, key }, joined(messages)).catch((error: unknown) => {
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

function joined(messages: readonly CropMessage[]): Uint8Array {
  const [only, ...others] = messages.map(({ tensor }) => tensor.pixels);
  return only !== undefined && others.length === 0 ? only : Buffer.concat(only ? [only, ...others] : []);
}
