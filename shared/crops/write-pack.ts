import { Failure } from '../failures/failure.ts';
import type { ObjectAddress, ObjectStore } from '../stores/ports.ts';
import type { PackedSlice } from './crop-envelope.ts';

/**
 * Writes chunks of pixels into one object.
 * @returns where each chunk is, in order
 * @throws {Failure} always transient: the location is at fault, not the images
 */
export async function writePack(
  chunks: readonly Uint8Array[],
  objects: Pick<ObjectStore, 'write'>,
  { bucket, key }: ObjectAddress,
): Promise<PackedSlice[]> {
  await objects.write({ bucket, key }, joined(chunks)).catch((error: unknown) => {
    const failure = Failure.from(error);
    const message = `the packed crops ${bucket}/${key} cannot be written: ${failure.message}`;
    throw new Failure(failure.isTransient ? failure.reason : 'unavailable', message, { cause: error });
  });
  let offset = 0;
  return chunks.map(({ byteLength: length }) => {
    const slice = { bucket, key, offset, length };
    offset += length;
    return slice;
  });
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only, ...others] = chunks;
  return only !== undefined && others.length === 0 ? only : Buffer.concat(chunks);
}
