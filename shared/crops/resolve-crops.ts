import pMap from 'p-map';
import { Failure } from '../failures/failure.ts';
import { type RetryOptions, retry } from '../flow/retry.ts';
import { type CropTensorLayout, tensorBytes } from '../images/crop-tensor.ts';
import type { Delivery, ObjectStore } from '../stores/ports.ts';
import type { CropEnvelope, PackedSlice } from './crop-envelope.ts';
import type { CropMessage } from './crop-message.ts';
import { type JoinedSlices, joinSlices } from './join-slices.ts';

/** Reads that run at the same time. */
const concurrency = 8;
/** More than 144 crops of 299 × 299. Limits the memory that one message can request. */
const maxSliceBytes = 64 * 2 ** 20;
/** Attempts of a read; the pauses between them take at most 7.75 seconds. */
const readAttempts = 6;

export interface ResolveOptions extends Pick<RetryOptions, 'attempts' | 'signal' | 'onFailure'> {
  /** Why a message is rejected before its pixels are read. @default no message is */
  readonly mismatchOf?: (envelope: CropEnvelope) => Failure | undefined;
}

/** A slice to read, with the index of its delivery. */
interface SliceToRead extends PackedSlice {
  readonly index: number;
}

/**
 * Reads the pixels that messages point to, in few requests. If they cannot be read, the failure becomes the `fault` of their
 * message, so that a row can name the image, and other messages are not affected. A transient failure is retried for some
 * seconds. Never throws.
 */
export async function resolveCrops(
  deliveries: readonly Delivery<CropEnvelope>[],
  objects: Pick<ObjectStore, 'readRange'>,
  { mismatchOf = () => undefined, attempts = readAttempts, ...retrying }: ResolveOptions = {},
): Promise<Delivery<CropMessage>[]> {
  const slicesToRead: SliceToRead[] = [];
  const pixels = new Map<number, Uint8Array | Failure>();
  for (const [index, { body }] of deliveries.entries()) {
    if (body instanceof Failure || !('slice' in body.tensor)) continue;
    const mismatch = mismatchOf(body) ?? checkSlice(body.tensor, body.tensor.slice);
    if (mismatch) pixels.set(index, mismatch);
    else slicesToRead.push({ index, ...body.tensor.slice });
  }
  const byObject = Map.groupBy(slicesToRead, ({ bucket, key }) => JSON.stringify([bucket, key]));
  const reads = [...byObject.values()].flatMap((slices) => joinSlices(slices));
  await pMap(
    reads,
    async (read) => {
      for (const [index, result] of await readSlices(read, objects, { attempts, ...retrying }))
        pixels.set(index, result);
    },
    { concurrency },
  );
  return deliveries.map(({ body, ...delivery }, index) => ({
    ...delivery,
    body: body instanceof Failure ? body : messageOf(body, pixels.get(index)),
  }));
}

function checkSlice(tensor: CropTensorLayout, { length }: PackedSlice): Failure | undefined {
  const bytes = tensorBytes(tensor);
  if (length !== bytes) {
    return new Failure('invalid_crop', `expected a pointer to ${bytes} bytes of pixels, received one to ${length}`);
  }
  if (length <= maxSliceBytes) return undefined;
  return new Failure(
    'invalid_crop',
    `expected a pointer to at most ${maxSliceBytes} bytes of pixels, received one to ${length}`,
  );
}

/** Reads a range once; its bytes, or the failure, for each slice. */
async function readSlices(
  { offset, length, slices }: JoinedSlices<SliceToRead>,
  objects: Pick<ObjectStore, 'readRange'>,
  retrying: RetryOptions,
): Promise<[index: number, pixels: Uint8Array | Failure][]> {
  const [first] = slices;
  if (first === undefined) return [];
  const { bucket, key } = first;
  const read = () => objects.readRange({ bucket, key }, { offset, length });
  const bytes = await retry(read, retrying).catch((error: unknown) => {
    return readFailure(`${bucket}/${key}`, Failure.from(error));
  });
  return slices.map((slice) => [slice.index, bytes instanceof Failure ? bytes : sliceOf(bytes, offset, slice)]);
}

/** A view of the bytes that were read, not a copy. */
function sliceOf(bytes: Uint8Array, start: number, { bucket, key, offset, length }: PackedSlice): Uint8Array | Failure {
  const pixels = bytes.subarray(offset - start, offset - start + length);
  if (pixels.byteLength === length) return pixels;
  return new Failure(
    'invalid_crop',
    `expected ${length} bytes of pixels at byte ${offset} of ${bucket}/${key}, which has ${pixels.byteLength} there`,
  );
}

/**
 * The fault of an image whose pixels cannot be read. `unreadable` is not permanent here: S3 denies access to an object that
 * does not exist if the caller may not list the bucket, and the image itself was readable before.
 */
function readFailure(object: string, { isTransient, reason, message, cause }: Failure): Failure {
  const transient = isTransient ? reason : reason === 'unreadable' ? 'unavailable' : undefined;
  if (transient) return new Failure(transient, `the packed crops ${object} could not be read: ${message}`, { cause });
  return new Failure('crops_gone', `the packed crops ${object} no longer exist: ${message}`, { cause });
}

function messageOf({ tensor, ...rest }: CropEnvelope, pixels: Uint8Array | Failure | undefined): CropMessage {
  if ('pixels' in tensor) return { ...rest, tensor };
  const { slice: _, ...type } = tensor;
  if (pixels instanceof Uint8Array) return { ...rest, tensor: { ...type, pixels } };
  const fault = pixels ?? new Failure('internal', 'the read returned no pixels for these crops');
  return { ...rest, tensor: { ...type, pixels: new Uint8Array() }, fault };
}
